package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/publicmapping/districtbuilder-ops/internal/postgres"
	"github.com/publicmapping/districtbuilder-ops/internal/regiongen"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// Seed is a region to begin with: its row, its data and its maps.
type Seed struct {
	Name, Code       string
	Data             regiongen.Options
	Maps             int
	Hidden, Archived bool
}

// Region is a region that was loaded.
type Region struct {
	Seed
	ID  string
	URI s3uri.Prefix
}

// Uploaded is when the seeds' data came to be, as their URIs say.
var Uploaded = time.Date(2021, 8, 12, 21, 42, 38, 860e6, time.UTC)

// NewURI is where data of a region made at that time lies: <folder>/<country>/<region>/<time>/. Live data and backups are
// in the folder regions; new data is uploaded to the folder new, which the functions may only read.
func (e *Environment) NewURI(folder, code string, at time.Time) s3uri.Prefix {
	bucket := e.DataBucket
	if folder == "new" {
		bucket = e.UploadBucket
	}
	return s3uri.Prefix{Bucket: bucket, Key: fmt.Sprintf("%s/US/%s/%s/", folder, code, at.UTC().Format("2006-01-02T15:04:05.000Z"))}
}

// Load puts regions into an environment: files on S3, a row and maps in the database.
func (a *Account) Load(ctx context.Context, e *Environment, seeds ...Seed) ([]Region, error) {
	var regions []Region
	for _, seed := range seeds {
		at := Uploaded
		if seed.Archived {
			at = at.AddDate(-1, 0, 0)
		}
		r := Region{Seed: seed, URI: e.NewURI("regions", seed.Code, at)}
		bytes, err := a.Upload(ctx, r.URI, seed.Data)
		if err != nil {
			return nil, err
		}
		r.ID, err = postgres.InsertRegion(ctx, e.DB, postgres.Region{
			Name: seed.Name, CountryCode: "US", RegionCode: seed.Code, URI: r.URI.String(), Version: at.Add(time.Hour),
			Hidden: seed.Hidden, Archived: seed.Archived, LayerSize: int32(bytes),
		})
		if err != nil {
			return nil, err
		}
		counties := max(seed.Data.Counties, 3)
		definition, err := json.Marshal(make([]int, counties))
		if err != nil {
			return nil, err
		}
		for n := range seed.Maps {
			_, err := postgres.InsertProject(ctx, e.DB, postgres.Project{Name: fmt.Sprintf("%s map %d", seed.Name, n+1), RegionID: r.ID, Definition: definition, Districts: 2 + n%9})
			if err != nil {
				return nil, err
			}
		}
		regions = append(regions, r)
	}
	return regions, nil
}

// uploads is how many objects are uploaded at once.
const uploads = 32

// Upload generates a region's data below a prefix and returns the size of topo.json.
func (a *Account) Upload(ctx context.Context, to s3uri.Prefix, data regiongen.Options) (topoBytes int64, err error) {
	made, err := regiongen.Generate(data)
	if err != nil {
		return 0, err
	}
	client := a.S3()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	for name, file := range made {
		body, err := file.Bytes()
		if err != nil {
			return 0, fmt.Errorf("generate %s: %w", name, err)
		}
		if name == "topo.json" {
			topoBytes = int64(len(body))
		}
		group.Go(func() error { return put(ctx, client, to.Bucket, to.File(name), string(body), file) })
	}
	return topoBytes, group.Wait()
}

func put(ctx context.Context, client *s3.Client, bucket, key, body string, file regiongen.File) error {
	in := &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader(body), ContentType: aws.String(file.ContentType),
		Metadata: map[string]string{"made-by": "sandbox"}, Tagging: aws.String("project=districtbuilder"),
	}
	if file.ContentEncoding != "" {
		in.ContentEncoding = aws.String(file.ContentEncoding)
	}
	if file.CacheControl != "" {
		in.CacheControl = aws.String(file.CacheControl)
	}
	if _, err := client.PutObject(ctx, in); err != nil {
		return fmt.Errorf("upload %s: %w", key, err)
	}
	return nil
}
