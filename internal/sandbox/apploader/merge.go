package apploader

import (
	"encoding/json"
	"math"
)

// merge resolves a geometry's arcs as topojson-client's mergeArcs does: those of polygons, ring by ring. Other geometries it
// leaves out.
func (t topology) merge(g geometry) error {
	if g.Type != "Polygon" && g.Type != "MultiPolygon" {
		return nil
	}
	if g.Arcs == nil {
		return undefined("forEach")
	}
	var polygons any
	if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
		return undefined("0") // valid JSON with a number that is infinite in JavaScript: there is no such arc
	}
	if g.Type == "Polygon" {
		return t.mergePolygon(polygons)
	}
	return forEach("o.arcs", polygons, t.mergePolygon)
}

func (t topology) mergePolygon(polygon any) error {
	return forEach("polygon", polygon, func(ring any) error {
		return forEach("ring", ring, func(arc any) error {
			if i, ok := arc.(float64); !ok || !t.hasArc(i) {
				return undefined("0")
			}
			return nil
		})
	})
}

// hasArc is whether arcs[i < 0 ? ~i : i] is there. ~ makes an integer of 32 bits of every number.
func (t topology) hasArc(i float64) bool {
	if i < 0 {
		i = float64(^int32(int64(math.Mod(i, 1<<32))))
	}
	return i >= 0 && i < float64(*t.Arcs) && i == math.Trunc(i)
}

// forEach is list.forEach(do), where the application calls list by that name.
func forEach(name string, list any, do func(any) error) error {
	if list == nil {
		return message("TypeError: Cannot read properties of null (reading 'forEach')")
	}
	elements, ok := list.([]any)
	if !ok {
		return message("TypeError: " + name + ".forEach is not a function")
	}
	for _, e := range elements {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}
