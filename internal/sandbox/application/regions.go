package application

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
)

// regionList answers GET /api/region-configs?sort=name,ASC, for which nobody needs to log in.
type regionList struct{ db Database }

// region is an element of the list. Those that are hidden or archived are not in it.
type region struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	CountryCode string `json:"countryCode"`
	RegionCode  string `json:"regionCode"`
	S3URI       string `json:"s3URI"`
	Version     string `json:"version"`
	Chambers    []any  `json:"chambers"` // none: nobody here asks for them
}

// javaScriptTime is how the application writes times.
const javaScriptTime = "2006-01-02T15:04:05.000Z"

func (l regionList) serve(w http.ResponseWriter, r *http.Request) {
	order := ""
	switch r.URL.Query().Get("sort") {
	case "":
	case "name,ASC":
		order = " ORDER BY name"
	default:
		fail(w, http.StatusBadRequest, "the sandbox sorts by name,ASC only")
		return
	}
	regions, err := l.read(r.Context(), order)
	if err != nil {
		fail(w, http.StatusInternalServerError, "Internal server error")
		return
	}
	answer(w, http.StatusOK, regions)
}

func (l regionList) read(ctx context.Context, order string) ([]region, error) {
	rows, err := l.db.Query(ctx, `SELECT id::text, name, country_code, region_code, s3_uri, version
		FROM region_config WHERE NOT hidden AND NOT archived`+order)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r region, err error) {
		var version time.Time
		err = row.Scan(&r.ID, &r.Name, &r.CountryCode, &r.RegionCode, &r.S3URI, &version)
		r.Version, r.Chambers = version.UTC().Format(javaScriptTime), []any{}
		return r, err
	})
}

// fail answers as the application's framework does.
func fail(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"statusCode": status, "message": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone
}
