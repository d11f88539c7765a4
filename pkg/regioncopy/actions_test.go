package regioncopy

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"
)

func TestActions(t *testing.T) {
	w := newWorld(t)
	_, config := store.Serve(t, objectstore.Hooks{})
	env := lambdarun.Env{Now: time.Now, Log: slog.New(slog.DiscardHandler), AWS: config, Getenv: func(name string) string {
		return map[string]string{"ENVIRONMENT": "Staging", "STATE_BUCKET": w.state}[name]
	}}
	region := fmt.Sprintf(`{"id":"5f1c","name":"Texas","uri":%q,"source":%q,"maps":2}`, w.region.URI, w.region.Source)
	steps := []struct {
		build   lambdarun.Build
		payload string
		want    map[string]string
	}{
		{BackupRegionAction, `{"run":"run-1","region":` + region + `,"date":"` + date + `"}`, oldFiles},
		{OverwriteRegionAction, `{"run":"run-1","region":` + region + `,"inventory":"` + w.inventory + `","backup":"` + w.backup.String() + `"}`, newFiles},
		{RestoreRegionAction, `{"run":"run-1","region":` + region + `,"backup":"` + w.backup.String() + `"}`, oldFiles},
	}
	for _, step := range steps {
		handler, err := step.build(t.Context(), env)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := handler(t.Context(), []byte(step.payload))
		var out struct{ Done bool }
		if err != nil || json.Unmarshal(answer, &out) != nil || !out.Done {
			t.Fatalf("%s: %s, %v", step.payload, answer, err)
		}
		w.holds(w.region.URI, step.want)
	}
	env.Getenv = func(string) string { return "" }
	for _, step := range steps {
		if _, err := step.build(t.Context(), env); err == nil || !strings.Contains(err.Error(), "STATE_BUCKET") {
			t.Errorf("without settings: %v", err)
		}
	}
}
