package apploader

import (
	"context"
	"encoding/json"
	"slices"
)

type topology struct {
	BBox    []float64
	Objects map[string]struct{ Geometries []geometry }
	Arcs    *arcList
}

type geometry struct {
	Type       string
	Properties map[string]any
	Arcs       json.RawMessage
}

func loadTopology(ctx context.Context, files Files, m metadata) error {
	body, err := read(ctx, files, "topo.json")
	if err != nil {
		return err
	}
	var t topology
	if err := parseJSON(body, &t); err != nil {
		return err
	}
	if t.BBox == nil {
		return undefined("slice")
	}
	if t.Arcs == nil {
		return undefined("length")
	}
	return t.group(m)
}

// group puts every geounit below its parent, the largest level first, as the application does to know its tree.
func (t topology) group(m metadata) error {
	levels := make([]string, 0, len(m.GeoLevelHierarchy))
	for _, level := range slices.Backward(m.GeoLevelHierarchy) {
		levels = append(levels, level.ID)
	}
	for i, level := range levels {
		object, ok := t.Objects[level]
		if !ok || object.Geometries == nil {
			return undefined("geometries")
		}
		ids := make(map[any]bool, len(object.Geometries))
		for _, g := range object.Geometries {
			if g.Properties == nil {
				return undefined(level)
			}
			ids[g.Properties[level]] = true
			if err := t.merge(g); err != nil {
				return err
			}
		}
		if i+1 == len(levels) {
			break
		}
		for _, child := range t.Objects[levels[i+1]].Geometries {
			polygon := child.Type == "Polygon" || child.Type == "MultiPolygon"
			if polygon && !ids[child.Properties[level]] {
				return undefined("push")
			}
		}
	}
	return nil
}

// arcList is the number of arcs.
type arcList int

// UnmarshalJSON counts the lists within the outermost one.
func (n *arcList) UnmarshalJSON(data []byte) error {
	depth := 0
	for _, c := range data {
		switch c {
		case '[':
			if depth++; depth == 2 {
				*n++
			}
		case ']':
			depth--
		}
	}
	return nil
}
