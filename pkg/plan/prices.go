package plan

// Prices in dollars: us-east-1, on demand, November 2026, without free tiers. They change rarely; an estimate is what is promised.
const (
	// Standard workflows: each time a state is executed, retries included. https://aws.amazon.com/step-functions/pricing/
	PricePerTransition = 0.025 / 1000
	// S3 Standard; DELETE and CANCEL are free. https://aws.amazon.com/s3/pricing/
	PricePerWrite   = 0.005 / 1000  // PUT, COPY, POST, LIST
	PricePerRead    = 0.0004 / 1000 // GET, HEAD and all others
	PricePerGBMonth = 0.023         // storage
	// Lambda on arm64; time is counted by the millisecond. https://aws.amazon.com/lambda/pricing/
	PricePerInvocation = 0.20 / 1e6
	PricePerGBSecond   = 0.0000133334
	// CloudWatch Logs, ingestion. https://aws.amazon.com/cloudwatch/pricing/
	PricePerLogByte = 0.50 / (1 << 30)
	// r5.2xlarge with Linux; time is counted by the second. https://aws.amazon.com/ec2/pricing/on-demand/
	PricePerInstanceHour = 0.504
)
