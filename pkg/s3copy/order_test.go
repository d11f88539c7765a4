package s3copy_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/objectstore"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
)

func TestPhasesBecomeVisibleInTurnAndPartsAreCopiedEarly(t *testing.T) {
	w := newWorld(t, objectstore.Hooks{})
	for _, key := range []string{"tiles/1", "tiles/2", "tiles/3", "static-metadata.json"} {
		w.put(w.from, key, key)
	}
	w.put(w.from, "tiles/0 is the largest", text(mebibyte))
	w.upload(w.from, "topo.json", &s3.CreateMultipartUploadInput{}, text(5*mebibyte), "end")
	var mu sync.Mutex
	var visible, asked []string
	firstPart := make(chan struct{})
	var once sync.Once
	w.front.SetHooks(objectstore.Hooks{
		OnObjectCreated: func(e objectstore.Event) {
			mu.Lock()
			defer mu.Unlock()
			visible = append(visible, strings.TrimPrefix(e.Key, w.to.Key))
		},
		Fault: func(op, _, key string) objectstore.Fault {
			mu.Lock()
			defer mu.Unlock()
			switch op {
			case "CopyObject":
				asked = append(asked, strings.TrimPrefix(key, w.to.Key))
				if strings.Contains(key, "/tiles/") { // tiles wait for a part of a later phase's object
					return objectstore.Fault{Before: func() {
						select {
						case <-firstPart:
						case <-time.After(5 * time.Second):
							t.Error("no part was copied while small objects of an earlier phase were")
						}
					}}
				}
			case "UploadPartCopy":
				once.Do(func() { close(firstPart) })
			}
			return objectstore.Fault{}
		},
	})
	w.copy(s3copy.Options{InFlight: 8}, s3copy.Job{Source: w.take(w.from), Destination: w.to, Phase: func(key string) int {
		switch {
		case key == "static-metadata.json":
			return 2
		case key == "topo.json":
			return 1
		}
		return 0
	}})
	if len(visible) != 6 || !slices.Equal(visible[4:], []string{"topo.json", "static-metadata.json"}) {
		t.Errorf("visible in this order: %q", visible)
	}
	slices.Sort(asked[:4])
	if diff := cmp.Diff([]string{"tiles/0 is the largest", "tiles/1", "tiles/2", "tiles/3", "static-metadata.json"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestLargestObjectStartsFirst(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	w := newWorld(t, objectstore.Hooks{Fault: func(op, _, key string) objectstore.Fault {
		if op == "CopyObject" {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, key[strings.LastIndex(key, "/")+1:])
		}
		return objectstore.Fault{}
	}})
	for i, key := range []string{"a", "b", "c"} {
		w.put(w.from, key, strings.Repeat("x", 1+i))
	}
	w.copy(s3copy.Options{InFlight: 1, MaxInFlight: 1}, s3copy.Job{Source: w.take(w.from), Destination: w.to})
	if diff := cmp.Diff([]string{"c", "b", "a"}, asked); diff != "" {
		t.Error(diff)
	}
}
