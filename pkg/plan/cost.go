package plan

import "math"

// Prices in dollars, us-east-1, on demand, November 2026. They change rarely; an estimate is what is promised.
const (
	pricePerTransition   = 0.025 / 1000     // Step Functions, Standard
	pricePerCopy         = 0.005 / 1000     // S3 PUT, COPY, POST, LIST
	pricePerRead         = 0.0004 / 1000    // S3 GET, HEAD
	pricePerGBSecond     = 0.0000133334     // Lambda, arm64
	pricePerInvocation   = 0.20 / 1e6       // Lambda
	pricePerInstanceHour = 0.504            // r5.2xlarge
	pricePerGBMonth      = 0.023            // S3 Standard
	pricePerLogByte      = 0.50 / (1 << 30) // CloudWatch Logs, ingestion
	logBytesPerCall      = 2 << 10          // of an action: start, end, report and our own line
	restartHours         = 45.0 / 60        // raised instances: launch, load, drain, removal
	polls                = 60               // looks at the fleet in one restart
	callsPerRegion       = 4                // inspect, back up, overwrite, and one continuation
	callsPerRun          = 25               // everything else
	transitionsPerCall   = 3                // Wait, Task, Choice
	copiesPerSecond      = 2500             // below the 3,500 a second of one prefix
	bytesReadPerSecond   = 100 << 20        // inspection
	copyMemoryGB         = 1769.0 / 1024    // one vCPU
	partBytes            = 32 << 20         // of a multipart copy
	gigabyte             = float64(1 << 30)
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
		backup += float64(r.BackedUp.Bytes) / gigabyte * pricePerGBMonth
	}
	calls := float64(len(p.Regions)*callsPerRegion + callsPerRun + polls)
	hours := float64(max(0, p.Fleet.During.Instances-p.Fleet.Before.Instances)) * restartHours
	c := Cost{BackupPerMonth: cents(backup), Items: []CostItem{
		{"extra instance hours (r5.2xlarge)", hours, hours * pricePerInstanceHour},
		{"S3 copy, put and list requests", math.Ceil(copies), copies * pricePerCopy},
		{"S3 get and head requests", math.Ceil(reads), reads * pricePerRead},
		{"state transitions", calls * transitionsPerCall, calls * transitionsPerCall * pricePerTransition},
		{"Lambda invocations", calls, calls*pricePerInvocation + (seconds*copyMemoryGB+calls*0.2)*pricePerGBSecond},
		{"log bytes", calls * logBytesPerCall, calls * logBytesPerCall * pricePerLogByte},
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
