package regiondata

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/backupname"
	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Region is a region as find-regions returns it. Of its fields only ID, URI, Source, Maps and AllowBreakingMaps matter here.
type Region struct {
	ID                string   `json:"id"`
	Name              string   `json:"name,omitempty"`
	CountryCode       string   `json:"countryCode,omitempty"`
	RegionCode        string   `json:"regionCode,omitempty"`
	URI               string   `json:"uri"`
	Source            string   `json:"source"`
	Version           string   `json:"version,omitempty"`
	Hidden            bool     `json:"hidden,omitempty"`
	Maps              int      `json:"maps"` // how many maps of the region there were when the run began, archived ones not counted
	AllowBreakingMaps bool     `json:"allowBreakingMaps,omitempty"`
	Mended            []string `json:"mended,omitempty"`
}

// InspectRegionInput names the run and the region, whose new data lies at Source. Date is the day in the backup's name,
// as 2006-01-02; today (UTC) without it.
type InspectRegionInput struct {
	Run    string `json:"run"`
	Region Region `json:"region"`
	Date   string `json:"date,omitempty"`
}

// Validate checks the input without any call.
func (in InspectRegionInput) Validate() error {
	if in.Run == "" {
		return errors.New("run: expected the run's name")
	}
	if in.Region.ID == "" || in.Region.Maps < 0 {
		return fmt.Errorf("region %q with %d maps: expected an id, and 0 maps or more", in.Region.ID, in.Region.Maps)
	}
	if in.Date != "" {
		if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
			return fmt.Errorf("date %q: expected yyyy-mm-dd", in.Date)
		}
	}
	live, _, err := s3uri.Parse(in.Region.URI)
	if err != nil {
		return fmt.Errorf("region.uri: %w", err)
	}
	src, _, err := s3uri.Parse(in.Region.Source)
	if err != nil {
		return fmt.Errorf("region.source: %w", err)
	}
	if live.Within(src) || src.Within(live) {
		return fmt.Errorf("region.source %s lies within the live data at %s, or around it: expected another place", src, live)
	}
	return nil
}

// InspectRegionOutput is what the run goes on with.
type InspectRegionOutput struct {
	ID                 string    `json:"id"`
	Inventory          string    `json:"inventory"` // the URI of the object that lists the new data
	Objects            int       `json:"objects"`
	Bytes              int64     `json:"bytes"`
	Live               Amount    `json:"live"`
	Structure          Structure `json:"structure"`
	SameStructure      bool      `json:"sameStructure"`
	ChangedCounties    []string  `json:"changedCounties"` // ids, or "index n" where topo.json has none; at most 20
	ChangedCountyCount int       `json:"changedCountyCount"`
	Maps               int       `json:"maps"`
	BackupSuffix       string    `json:"backupSuffix"` // of the live URI: the backup's name, if nobody takes it before
	Warnings           []Finding `json:"warnings"`     // at most 20
	Mended             []string  `json:"mended,omitempty"`
}

// Amount is how much lies at a place.
type Amount struct {
	Objects int   `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// maxListed bounds the lists in the output; the objects of the run have all.
const maxListed = 20

type lister interface {
	List(context.Context, s3uri.Prefix) (s3copy.Inventory, error)
	Take(context.Context, s3uri.Prefix) (s3copy.Inventory, error)
	Empty(context.Context, s3uri.Prefix) (bool, error)
}

// InspectRegion inspects a region's new data. It changes nothing but the run's own objects.
type InspectRegion struct {
	S3          client
	Inventories lister
	StateBucket string
	Now         func() time.Time
}

// Run lists the source, checks every file and compares the structure with the live one.
// RegionDataInvalid holds all findings; MapsWouldBreak comes only for data that is otherwise valid. It comes also when there
// is no map: one can be made, or come back from the archive, until the new data is live, and nobody would look again.
func (v InspectRegion) Run(ctx context.Context, in InspectRegionInput) (InspectRegionOutput, error) {
	none := InspectRegionOutput{}
	live, mendedURI, _ := s3uri.Parse(in.Region.URI)
	from, mendedSource, _ := s3uri.Parse(in.Region.Source)
	next, err := v.Inventories.Take(ctx, from)
	if err != nil {
		return none, takeError(err)
	}
	now, err := v.Inventories.List(ctx, live)
	if err != nil {
		return none, err
	}
	seen, err := inspect(ctx, &source{client: v.S3, prefix: from, files: next.ByKey()})
	if err != nil {
		return none, bare(err)
	}
	how, err := v.compare(ctx, live, now, seen)
	if err != nil {
		return none, err
	}
	differs := breaking(in.Region, how, seen)
	seen.warnings = append(differs, seen.warnings...)
	folder := fmt.Sprintf("runs/%s/regions/%s/", in.Run, in.Region.ID)
	report, err := v.writeReport(ctx, folder+"findings.json", seen.findings, how)
	if err != nil {
		return none, err
	}
	if _, err := next.Write(ctx, v.S3, v.StateBucket, folder+"inventory.json.gz"); err != nil {
		return none, err
	}
	if len(seen.refused) > 0 {
		return none, invalid(in.Region, seen.refused, report, differs)
	}
	if differs != nil && !in.Region.AllowBreakingMaps {
		return none, wouldBreak(in.Region, how, seen)
	}
	suffix, err := v.backupSuffix(ctx, live, in.Date)
	if err != nil {
		return none, err
	}
	return InspectRegionOutput{
		ID:        in.Region.ID,
		Inventory: "s3://" + v.StateBucket + "/" + folder + "inventory.json.gz",
		Objects:   len(next.Objects), Bytes: next.Bytes(),
		Live:      Amount{Objects: len(now.Objects), Bytes: now.Bytes()},
		Structure: how.structure, SameStructure: how.structure == Same,
		ChangedCounties: seen.countyIDs(how.counties), ChangedCountyCount: len(how.counties),
		Maps: in.Region.Maps, BackupSuffix: suffix,
		Warnings: append([]Finding{}, seen.warnings[:min(len(seen.warnings), maxListed)]...),
		Mended:   mended(mendedURI, mendedSource, live, from),
	}, nil
}

// backupSuffix is what backup-region would call the backup now.
func (v InspectRegion) backupSuffix(ctx context.Context, live s3uri.Prefix, day string) (string, error) {
	if day == "" {
		day = v.Now().UTC().Format(time.DateOnly)
	}
	return backupname.Next(ctx, v.Inventories, live, day)
}

// compare compares with the live hierarchy if the new one is whole.
func (v InspectRegion) compare(ctx context.Context, live s3uri.Prefix, now s3copy.Inventory, seen *inspection) (comparison, error) {
	if seen.hierarchy == nil {
		return comparison{}, nil
	}
	how, err := compare(ctx, v.S3, live, now.ByKey(), *seen.hierarchy)
	return how, bare(err)
}

// countyIDs names counties as topo.json does, at most maxListed of them.
func (in *inspection) countyIDs(counties []int) []string {
	ids := make([]string, 0, min(len(counties), maxListed))
	for _, i := range counties[:min(len(counties), maxListed)] {
		id := "index " + strconv.Itoa(i)
		if t := in.topology; t != nil {
			if names := t.layers[len(t.layers)-1].names; i < len(names) {
				id = names[i]
			}
		}
		ids = append(ids, id)
	}
	return ids
}

func mended(uri, source bool, live, from s3uri.Prefix) []string {
	var said []string
	if uri {
		said = append(said, "uri: the trailing slash was missing; used "+live.String())
	}
	if source {
		said = append(said, "source: the trailing slash was missing; used "+from.String())
	}
	return said
}

// takeError names the error of a source that changes while its inventory is taken.
func takeError(err error) error {
	var changed *s3copy.SourceChangedError
	if errors.As(err, &changed) {
		return fault.New(fault.SourceChanged, "%w: wait until the upload has finished, then start again", changed)
	}
	return err
}

// bare takes the mark off an error of reading, whose message is complete without it.
func bare(err error) error {
	var lost *lostError
	if errors.As(err, &lost) {
		return lost.err
	}
	return err
}
