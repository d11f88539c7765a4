package main

import (
	"strings"
	"testing"
)

func TestGoals(t *testing.T) {
	const mebibyte = 1 << 20
	tests := []struct {
		name             string
		mine, aws, s5cmd []float64 // seconds
		above            int64     // bytes
		missed           []string
	}{
		{"met", []float64{1, 1.2, 9}, []float64{12, 13, 11}, []float64{1.3, 1.3, 1.1}, 64 * mebibyte, nil},
		{"nothing to compare with", []float64{1}, nil, nil, 1, nil},
		{"not ten times the aws command", []float64{1}, []float64{9.9}, []float64{2}, 1, []string{"9.9 times as fast as aws"}},
		{"as fast as s5cmd", []float64{1}, []float64{20}, []float64{1}, 1, []string{"not faster than s5cmd"}},
		{"too much memory", []float64{1}, nil, nil, 65 * mebibyte, []string{"65 MiB above"}},
		{"all", []float64{2}, []float64{1}, []float64{1}, 80 * mebibyte, []string{"aws", "s5cmd", "80 MiB"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := &table{}
			for name, seconds := range map[string][]float64{ours: tt.mine, awsCopy: tt.aws, s5cmdCopy: tt.s5cmd} {
				for _, s := range seconds {
					table.add(name, one{seconds: s, idle: 10 * mebibyte, peak: 10*mebibyte + tt.above})
				}
			}
			err := table.goals()
			if (err != nil) != (tt.missed != nil) {
				t.Fatalf("error = %v, want %q", err, tt.missed)
			}
			for _, words := range tt.missed {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("error = %v, want one that has %q", err, words)
				}
			}
			if err != nil && strings.Count(err.Error(), "\n")+1 != len(tt.missed) {
				t.Errorf("error = %v, want %d goals", err, len(tt.missed))
			}
		})
	}
}
