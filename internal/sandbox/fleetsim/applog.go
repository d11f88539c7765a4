package fleetsim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// log writes a line of Nest's logger.
func (a *app) log(level, context, message string) {
	a.w.write(a.task, fmt.Sprintf("[Nest] %d  - %s   %5s [%s] %s",
		a.pid, a.w.now.Format("01/02/2006, 3:04:05 PM"), level, context, message))
}

func (a *app) logStart() {
	a.log("LOG", "NestFactory", "Starting Nest application...")
	if a.w.cfg.Faults.Noise {
		a.w.write(a.task, "(node:1) Warning: Accessing non-existent property 'padLevels' of module exports inside circular dependency\n(Use `node --trace-warnings ...` to show where the warning was created)")
	}
}

func (a *app) logFailure(l *load, err error) {
	a.log("ERROR", "TopologyService", fmt.Sprintf("Failed to load topology for '%s' %d times, err %v", l.region.URI, l.tries, err))
}

// topologyDown is the health check's error part.
type topologyDown struct {
	Status        string    `json:"status"`
	Total         *int      `json:"total,omitempty"`
	Complete      *int      `json:"complete,omitempty"`
	Pending       *[]string `json:"pending,omitempty"`
	Loading       *[]string `json:"loading,omitempty"`
	PendingLayers *[]string `json:"pendingLayers,omitempty"`
}

// logHealth writes what a failing health check logs.
func (a *app) logHealth() {
	down := topologyDown{Status: "down"}
	if a.known {
		down = a.progress()
	}
	text, err := json.Marshal(map[string]topologyDown{"topology": down})
	if err != nil {
		panic(err) // strings and numbers
	}
	a.log("ERROR", "HealthCheckService", "Health Check has failed! "+string(text))
	if a.w.cfg.Faults.Noise {
		a.noise()
	}
}

func (a *app) progress() topologyDown {
	pending, loading := []string{}, []string{}
	complete, total := 0, len(a.loads)
	for _, l := range a.loads {
		switch l.state {
		case loaded:
			complete++
		case waiting:
			pending = append(pending, l.region.URI)
		default:
			loading = append(loading, l.region.URI)
		}
	}
	if a.w.cfg.OldBuild {
		left := append(pending, loading...)
		return topologyDown{Status: "down", Total: &total, Complete: &complete, PendingLayers: &left}
	}
	return topologyDown{Status: "down", Total: &total, Complete: &complete, Pending: &pending, Loading: &loading}
}

// noise is what else stands in the log: a reader must not take it for anything, nor stumble over it.
func (a *app) noise() {
	switch a.w.rng.IntN(12) {
	case 0:
		a.log("ERROR", "ExceptionsHandler", "Cannot read properties of undefined (reading 'id')\nTypeError: Cannot read properties of undefined (reading 'id')\n    at ProjectsController.export (/usr/local/src/dist/projects.controller.js:214:31)\n    at processTicksAndRejections (node:internal/process/task_queues:95:5)")
	case 1:
		a.w.write(a.task, `{"level":"error","message":"Failed to load topology? no: rollbar rate limit","status":429}`)
	case 2:
		a.log("WARN", "HealthCheckService", "Health Check has failed! {\"topology\":{\"status\":\"down\",\"total\":52,\"comp")
	case 3:
		a.log("LOG", "RouterExplorer", "Mapped {/api/projects/:id/export/geojson, GET} route "+strings.Repeat("x", 20_000))
	case 4:
		a.log("ERROR", "HealthCheckService", `Health Check has failed! {"database":{"status":"down","message":"timeout of 3000ms exceeded"}}`)
	}
}
