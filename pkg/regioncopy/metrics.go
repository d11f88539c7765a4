package regioncopy

import "github.com/publicmapping/districtbuilder-ops/pkg/lambdarun"

// Metrics implements lambdarun.Measured.
func (p Progress) Metrics() []lambdarun.Metric { return copied(p.Copied, p.CopiedBytes) }

// PartialMetrics implements lambdarun.PartlyMeasured.
func (p Progress) PartialMetrics() []lambdarun.Metric { return copiedAtAll(p.Copied, p.CopiedBytes) }

// Metrics implements lambdarun.Measured.
func (o BackupRegionOutput) Metrics() []lambdarun.Metric { return copied(o.Copied, o.CopiedBytes) }

// PartialMetrics implements lambdarun.PartlyMeasured.
func (o BackupRegionOutput) PartialMetrics() []lambdarun.Metric {
	return copiedAtAll(o.Copied, o.CopiedBytes)
}

// copiedAtAll leaves out calls that failed before they copied anything.
func copiedAtAll(objects int, bytes int64) []lambdarun.Metric {
	if objects == 0 {
		return nil
	}
	return copied(objects, bytes)
}

func copied(objects int, bytes int64) []lambdarun.Metric {
	return []lambdarun.Metric{
		{Name: "ObjectsCopied", Unit: lambdarun.Count, Value: float64(objects)},
		{Name: "BytesCopied", Unit: lambdarun.Bytes, Value: float64(bytes)},
	}
}
