package regioncopy

import "github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"

// Metrics implements lambdarun.Measured.
func (p Progress) Metrics() []lambdarun.Metric { return copied(p.Copied, p.CopiedBytes) }

// Metrics implements lambdarun.Measured.
func (o BackupRegionOutput) Metrics() []lambdarun.Metric { return copied(o.Copied, o.CopiedBytes) }

func copied(objects int, bytes int64) []lambdarun.Metric {
	return []lambdarun.Metric{
		{Name: "ObjectsCopied", Unit: lambdarun.Count, Value: float64(objects)},
		{Name: "BytesCopied", Unit: lambdarun.Bytes, Value: float64(bytes)},
	}
}
