package regiondb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/publicmapping/districtbuilder-ops/pkg/fault"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

// OtherRows is which rows of the other environment were seen when it was asked for its URIs. Tasks load all that are not archived.
type OtherRows string

// The rows that are seen.
const (
	AllRows     OtherRows = "all"     // in its database
	VisibleRows OtherRows = "visible" // in its application's public list, which has no hidden ones
	NoRows      OtherRows = "none"    // there is no other environment
)

// newOthers reads where another environment's URIs come from. Exactly one of the three ways must be set:
// that there is no other environment has to be said.
func newOthers(env lambdarun.Env) (others, error) {
	host, list, none := env.Getenv("OTHER_DATABASE_HOST"), env.Getenv("OTHER_REGIONS_URL"), env.Getenv("OTHER_ENVIRONMENT")
	ways := 0
	for _, way := range []string{host, list, none} {
		if way != "" {
			ways++
		}
	}
	switch {
	case ways != 1:
		return nil, fmt.Errorf("expected exactly one of OTHER_DATABASE_HOST, OTHER_REGIONS_URL and OTHER_ENVIRONMENT=none, got %d", ways)
	case host != "":
		database, err := newDatabase(env, "OTHER_DATABASE_")
		return otherDatabase{database}, err
	case list != "":
		u, err := url.Parse(list)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("OTHER_REGIONS_URL %q: expected an https:// URL", list)
		}
		return publicList{list, &http.Client{Transport: env.HTTP, Timeout: listTimeout, CheckRedirect: secureOnly}}, nil
	case none != "none":
		return nil, fmt.Errorf("OTHER_ENVIRONMENT %q: expected \"none\", or one of the other two settings", none)
	}
	return noOther{}, nil
}

// noOther stands for a DistrictBuilder with one environment.
type noOther struct{}

func (noOther) uris(context.Context) ([]string, error) { return nil, nil }
func (noOther) rows() OtherRows                        { return NoRows }

// otherDatabase reads the other environment's table, hidden rows included.
type otherDatabase struct{ database *Database }

func (otherDatabase) rows() OtherRows { return AllRows }

func (o otherDatabase) uris(ctx context.Context) (uris []string, err error) {
	err = o.database.transaction(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT s3_uri FROM region_config WHERE archived IS NOT TRUE`)
		if err != nil {
			return fmt.Errorf("read region_config: %w", err)
		}
		uris, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return uris, err
}

const (
	listTimeout = 10 * time.Second
	listLimit   = 8 << 20 // bytes; DistrictBuilder's list has about 100 KB
	maxHops     = 3
)

// publicList reads the other application's list of regions, which leaves out hidden rows.
type publicList struct {
	url    string
	client *http.Client
}

func (publicList) rows() OtherRows { return VisibleRows }

func secureOnly(next *http.Request, before []*http.Request) error {
	if next.URL.Scheme != "https" || len(before) > maxHops {
		return errors.New("redirected away from https, or too often")
	}
	return nil
}

func (p publicList) uris(ctx context.Context) ([]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "%w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Unavailable, "GET %s: %s", p.url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, listLimit+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "GET %s: %w", p.url, err)
	}
	uris, err := readList(body)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", p.url, err)
	}
	return uris, nil
}

// readList demands a list that can be relied on: whole, with at least one region, and a URI in each.
func readList(body []byte) ([]string, error) {
	if len(body) > listLimit {
		return nil, fmt.Errorf("the list of regions is over %d bytes", listLimit)
	}
	var regions []struct {
		URI string `json:"s3URI"`
	}
	if err := json.Unmarshal(body, &regions); err != nil {
		return nil, fmt.Errorf("this is no list of regions: %w", err)
	}
	if len(regions) == 0 {
		return nil, errors.New("the list of regions is empty")
	}
	uris := make([]string, len(regions))
	for i, r := range regions {
		if uris[i] = r.URI; r.URI == "" {
			return nil, fmt.Errorf("region %d of the list has no s3URI", i)
		}
	}
	return uris, nil
}
