package plan

import "math"

// What an estimate takes a run to be like.
const (
	logBytesPerCall    = 2 << 10       // of an action: start, end, report and our own line
	restartHours       = 45.0 / 60     // raised instances: launch, load, drain, removal
	polls              = 60            // looks at the fleet in one restart
	callsPerRegion     = 4             // inspect, back up, overwrite, and one continuation
	callsPerRun        = 25            // everything else
	transitionsPerCall = 3             // Wait, Task, Choice
	copiesPerSecond    = 2500          // below the 3,500 a second of one prefix
	bytesReadPerSecond = 100 << 20     // inspection
	copyMemoryGB       = 1769.0 / 1024 // one vCPU
	partBytes          = 32 << 20      // of a multipart copy
	gigabyte           = float64(1 << 30)
)

// Cost is an estimate in dollars. BackupPerMonth recurs until the backups are deleted.
type Cost struct {
	Items          []CostItem `json:"items"`
	Total          float64    `json:"total"`
	BackupPerMonth float64    `json:"backupPerMonth"`
}

// CostItem is one line of a Cost.
type CostItem struct {
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	Dollars  float64 `json:"dollars"`
}

func estimate(p Plan) Cost {
	var copies, reads, seconds, backup float64
	for _, r := range p.Regions {
		objects := float64(r.BackedUp.Objects + r.Overwritten.Objects)
		bytes := float64(r.BackedUp.Bytes + r.Overwritten.Bytes)
		copies += objects + bytes/partBytes + objects/1000*3 // listings: before, for what is missing, to verify
		reads += objects / 10
		seconds += objects/copiesPerSecond + float64(r.Overwritten.Bytes)/bytesReadPerSecond
		backup += float64(r.BackedUp.Bytes) / gigabyte * PricePerGBMonth
	}
	calls := float64(len(p.Regions)*callsPerRegion + callsPerRun + polls)
	hours := float64(max(0, p.Fleet.During.Instances-p.Fleet.Before.Instances)) * restartHours
	c := Cost{BackupPerMonth: cents(backup), Items: []CostItem{
		{"extra instance hours (r5.2xlarge)", hours, hours * PricePerInstanceHour},
		{"S3 copy, put and list requests", math.Ceil(copies), copies * PricePerWrite},
		{"S3 get and head requests", math.Ceil(reads), reads * PricePerRead},
		{"state transitions", calls * transitionsPerCall, calls * transitionsPerCall * PricePerTransition},
		{"Lambda invocations", calls, calls*PricePerInvocation + (seconds*copyMemoryGB+calls*0.2)*PricePerGBSecond},
		{"log bytes", calls * logBytesPerCall, calls * logBytesPerCall * PricePerLogByte},
	}}
	for i := range c.Items {
		c.Total += c.Items[i].Dollars
		c.Items[i].Dollars = cents(c.Items[i].Dollars)
	}
	c.Total = cents(c.Total)
	return c
}

// cents rounds to a hundredth of a cent.
func cents(dollars float64) float64 { return math.Round(dollars*1e4) / 1e4 }
