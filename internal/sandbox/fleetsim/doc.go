// Package fleetsim is the fleet of a simulated AWS account: ECS, EC2 Auto Scaling, Elastic Load Balancing, CloudWatch
// Logs and the alarm of one DistrictBuilder environment, behind the protocols of the real services.
//
// A World is one event-driven model on a virtual clock. It starts no goroutine and never sleeps: Advance runs every event
// that is due, in the order of due times and at exactly those times, however late it is called. What is random comes
// from the seed. Where AWS leaves something open, the model takes the choice that hurts the caller most.
//
// Tasks live as the application does: they read region_config and the files of every region when they start, write its log
// lines, pass or fail their probes, and exit when a region failed six times.
package fleetsim
