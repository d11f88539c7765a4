package regioncopy

import "strings"

// phase says in which turn a file of a region becomes visible.
//
// A task reads, once, at its start: static-metadata.json, which names the rest, then topo.json, geounit-hierarchy.json and the
// buffers. These must fit one another, and a task that starts amid them fails and tries again; so they change last and together, and
// static-metadata.json, which is read first, last of all. Tiles and input.geojson take the longest, are read by no starting task, and
// go first. A file of an unknown name goes with them.
func phase(key string) int {
	switch {
	case key == "static-metadata.json":
		return 2
	case key == "topo.json", key == "geounit-hierarchy.json", strings.HasSuffix(key, ".buf") && !strings.Contains(key, "/"):
		return 1
	}
	return 0
}
