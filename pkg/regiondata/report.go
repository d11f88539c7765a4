package regiondata

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
)

type client interface {
	getter
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// maxMessage bounds the list of findings in an error, in bytes.
const maxMessage = 8 << 10

// report is the object with all findings.
type report struct {
	Findings        []Finding `json:"findings"`
	Warnings        []Finding `json:"warnings"`
	Structure       Structure `json:"structure,omitempty"`
	ChangedCounties []int     `json:"changedCounties,omitempty"`
}

// writeReport writes all findings to the run's folder, also when there are none, and returns the object's URI.
func (v InspectRegion) writeReport(ctx context.Context, key string, f findings, how comparison) (string, error) {
	uri := "s3://" + v.StateBucket + "/" + key
	body, err := json.MarshalIndent(report{
		Findings: append([]Finding{}, f.refused...), Warnings: append([]Finding{}, f.warnings...),
		Structure: how.structure, ChangedCounties: how.counties,
	}, "", " ")
	if err != nil {
		return "", fmt.Errorf("encode the findings: %w", err)
	}
	_, err = v.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &v.StateBucket, Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("application/json")})
	if err != nil {
		return "", fmt.Errorf("write %s: %w", uri, err)
	}
	return uri, nil
}

func invalid(region Region, refused []Finding, report string, differs []Finding) error {
	also := ""
	if differs != nil && !region.AllowBreakingMaps {
		also = "\nBeside that: " + differs[0].String()
	}
	return fault.New(fault.RegionDataInvalid, "the data at %s is not fit for region %s: %d findings, all of them in %s. Nothing has been changed.%s%s",
		region.Source, region.ID, len(refused), report, list(refused, maxMessage-len(also)), also)
}

// breaking is the warning that maps become invalid, or nothing if they do not or if it is not known.
func breaking(region Region, how comparison, seen *inspection) []Finding {
	var f findings
	const fix = "Maps made with the live data would silently become wrong."
	switch how.structure {
	case Different:
		f.warn(DifferentMaps, hierarchyFile, fix, "the hierarchy of the live data", "another one; counties changed: %d (%s); %s",
			len(how.counties), someOf(seen.countyIDs(how.counties), len(how.counties)), mapsOf(region))
	case NoLiveHierarchy:
		f.warn(DifferentMaps, hierarchyFile, fix+" Whether they would cannot be told.", "a live hierarchy to compare with",
			"at %s: %s; %s", region.URI, how.why, mapsOf(region))
	}
	return f.warnings
}

func wouldBreak(region Region, how comparison, seen *inspection) error {
	const next = `Nothing has been changed. Either make the data with the live structure, or start again with "allowBreakingMaps": true for this region`
	if how.structure == NoLiveHierarchy {
		return fault.New(fault.MapsWouldBreak, "region %s: the live %s at %s cannot be compared with the new one: %s. Every map may break, also one that is made or taken back from the archive during the run; %s. %s",
			region.ID, hierarchyFile, region.URI, how.why, mapsOf(region), next)
	}
	return fault.New(fault.MapsWouldBreak, "region %s: %s differs from the live one; counties changed: %d (%s). Every map would break silently, also one that is made or taken back from the archive during the run; %s. %s",
		region.ID, hierarchyFile, len(how.counties), someOf(seen.countyIDs(how.counties), len(how.counties)), mapsOf(region), next)
}

// mapsOf says how many maps are known of; 0 is no promise.
func mapsOf(region Region) string {
	if region.Maps == 1 {
		return "the region has 1 map now, archived ones not counted"
	}
	return fmt.Sprintf("the region has %d maps now, archived ones not counted", region.Maps)
}

// someOf joins ids, and says when there are more.
func someOf(ids []string, count int) string {
	if len(ids) < count {
		ids = append(ids, "…")
	}
	return strings.Join(ids, ", ")
}
