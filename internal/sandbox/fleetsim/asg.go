package fleetsim

import (
	"fmt"
	"slices"

	"github.com/publicmapping/districtbuilder-ops/internal/sandbox/awswire"
)

type asgGroup struct {
	Name                string             `json:"AutoScalingGroupName"`
	ARN                 string             `json:"AutoScalingGroupARN"`
	MinSize             int                `json:"MinSize"`
	MaxSize             int                `json:"MaxSize"`
	DesiredCapacity     int                `json:"DesiredCapacity"`
	DefaultCooldown     int                `json:"DefaultCooldown"`
	AvailabilityZones   []string           `json:"AvailabilityZones"`
	HealthCheckType     string             `json:"HealthCheckType"`
	GracePeriod         int                `json:"HealthCheckGracePeriod"`
	CreatedTime         awswire.Time       `json:"CreatedTime"`
	Instances           []asgInstance      `json:"Instances"`
	SuspendedProcesses  []suspendedProcess `json:"SuspendedProcesses"`
	TerminationPolicies []string           `json:"TerminationPolicies"`
}

type asgInstance struct {
	ID        string `json:"InstanceId"`
	Type      string `json:"InstanceType"`
	Zone      string `json:"AvailabilityZone"`
	Lifecycle string `json:"LifecycleState"`
	Health    string `json:"HealthStatus"`
	Protected bool   `json:"ProtectedFromScaleIn"`
}

type suspendedProcess struct {
	Name   string `json:"ProcessName"`
	Reason string `json:"SuspensionReason"`
}

type describeGroupsInput struct {
	Names []string `json:"AutoScalingGroupNames"`
}

type describeGroupsOutput struct {
	Groups []asgGroup `json:"AutoScalingGroups"`
}

// describeAutoScalingGroups leaves out a group that it does not know, without an error.
func (w *World) describeAutoScalingGroups(in describeGroupsInput) (describeGroupsOutput, error) {
	if len(in.Names) > 0 && !slices.Contains(in.Names, w.Names.Group) {
		return describeGroupsOutput{}, nil
	}
	g := asgGroup{
		Name: w.Names.Group, ARN: w.Names.arn("autoscaling", "autoScalingGroup:5f8d:autoScalingGroupName/"+w.Names.Group),
		MinSize: w.group.min, MaxSize: w.group.max, DesiredCapacity: w.group.desired, DefaultCooldown: 300,
		AvailabilityZones: []string{w.Names.region + "a", w.Names.region + "b"}, HealthCheckType: "EC2", GracePeriod: 600,
		CreatedTime: awswire.Time{Time: w.service.createdAt}, TerminationPolicies: []string{"OldestLaunchConfiguration", "Default"},
	}
	for _, i := range w.instances {
		health := "Healthy"
		if i.off {
			health = "Unhealthy"
		}
		g.Instances = append(g.Instances, asgInstance{i.id, "r5.2xlarge", i.zone, i.lifecycle, health, i.protected})
	}
	for _, name := range processes {
		if since, is := w.group.suspended[name]; is {
			g.SuspendedProcesses = append(g.SuspendedProcesses, suspendedProcess{name, "User suspended at " + since.Format("2006-01-02T15:04:05Z")})
		}
	}
	return describeGroupsOutput{[]asgGroup{g}}, nil
}

func (w *World) groupNamed(name string) error {
	if name != w.Names.Group {
		return awswire.Errorf("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup '%s' not found", name)
	}
	return nil
}

type setDesiredInput struct {
	Name          string `json:"AutoScalingGroupName"`
	Desired       *int   `json:"DesiredCapacity"`
	HonorCooldown bool   `json:"HonorCooldown"`
}

type nothing struct{}

// setDesiredCapacity ignores the cooldown unless told otherwise. A lower value terminates what the policy picks.
func (w *World) setDesiredCapacity(in setDesiredInput) (nothing, error) {
	if err := w.groupNamed(in.Name); err != nil {
		return nothing{}, err
	}
	switch {
	case in.Desired == nil:
		return nothing{}, awswire.Errorf("ValidationError", "1 validation error detected: Value null at 'desiredCapacity' failed to satisfy constraint: Member must not be null")
	case *in.Desired > w.group.max:
		return nothing{}, awswire.Errorf("ValidationError", "New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", *in.Desired, w.group.max)
	case *in.Desired < w.group.min:
		return nothing{}, awswire.Errorf("ValidationError", "New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", *in.Desired, w.group.min)
	case in.HonorCooldown && w.now.Before(w.group.cooledDown):
		return nothing{}, awswire.Errorf("ScalingActivityInProgress", "Scaling activity in progress: the group is in cooldown.")
	}
	w.setDesired(*in.Desired)
	return nothing{}, nil
}

type terminateInput struct {
	InstanceID string `json:"InstanceId"`
	Decrement  bool   `json:"ShouldDecrementDesiredCapacity"`
}

type terminateOutput struct {
	Activity activity `json:"Activity"`
}

type activity struct {
	ID          string       `json:"ActivityId"`
	Group       string       `json:"AutoScalingGroupName"`
	Description string       `json:"Description"`
	Cause       string       `json:"Cause"`
	StartTime   awswire.Time `json:"StartTime"`
	StatusCode  string       `json:"StatusCode"`
	Progress    int          `json:"Progress"`
}

// terminateInstance terminates an instance, protected or not, with whatever runs on it. An instance that is already
// terminating is ScalingActivityInProgress, and the desired capacity is not lowered again.
func (w *World) terminateInstance(in terminateInput) (terminateOutput, error) {
	i := slices.IndexFunc(w.instances, func(i *instance) bool { return i.id == in.InstanceID })
	switch {
	case i < 0:
		return terminateOutput{}, awswire.Errorf("ValidationError", "Instance Id not found - No managed instance found for instance ID: %s", in.InstanceID)
	case w.instances[i].lifecycle == terminating:
		return terminateOutput{}, awswire.Errorf("ScalingActivityInProgress", "Instance %s is already terminating.", in.InstanceID)
	case in.Decrement && w.group.desired <= w.group.min:
		return terminateOutput{}, awswire.Errorf("ValidationError", "Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", w.group.min)
	}
	w.terminate(w.instances[i])
	if in.Decrement {
		w.setDesired(w.group.desired - 1)
	} else {
		w.reconcileSoon()
	}
	return terminateOutput{activity{
		ID: hexID(w.wire, 8), Group: w.Names.Group, StatusCode: "InProgress", StartTime: awswire.Time{Time: w.now},
		Description: "Terminating EC2 instance: " + in.InstanceID,
		Cause:       fmt.Sprintf("At %s instance %s was taken out of service in response to a user request.", w.now.Format("2006-01-02T15:04:05Z"), in.InstanceID),
	}}, nil
}

type processesInput struct {
	Name      string   `json:"AutoScalingGroupName"`
	Processes []string `json:"ScalingProcesses"`
}

// suspendProcesses suspends everything when it is given no names.
func (w *World) suspendProcesses(in processesInput) (nothing, error) {
	names, err := w.processNames(in)
	for _, name := range names {
		if !w.suspended(name) {
			w.group.suspended[name] = w.now
		}
	}
	return nothing{}, err
}

// resumeProcesses resumes everything when it is given no names. An alarm that still fires acts at once.
func (w *World) resumeProcesses(in processesInput) (nothing, error) {
	names, err := w.processNames(in)
	for _, name := range names {
		delete(w.group.suspended, name)
	}
	if err == nil {
		w.reconcileSoon()
		w.actOnAlarm()
	}
	return nothing{}, err
}

func (w *World) processNames(in processesInput) ([]string, error) {
	if err := w.groupNamed(in.Name); err != nil {
		return nil, err
	}
	for _, name := range in.Processes {
		if !slices.Contains(processes, name) {
			return nil, awswire.Errorf("ValidationError", "%s is not a valid process type", name)
		}
	}
	if len(in.Processes) == 0 {
		return processes, nil
	}
	return in.Processes, nil
}

type instanceProtectionInput struct {
	Name      string   `json:"AutoScalingGroupName"`
	Instances []string `json:"InstanceIds"`
	Protect   bool     `json:"ProtectedFromScaleIn"`
}

func (w *World) setInstanceProtection(in instanceProtectionInput) (nothing, error) {
	if err := w.groupNamed(in.Name); err != nil {
		return nothing{}, err
	}
	if len(in.Instances) > 50 {
		return nothing{}, awswire.Errorf("ValidationError", "The number of instance IDs may not be more than 50.")
	}
	for _, id := range in.Instances {
		if !slices.ContainsFunc(w.instances, func(i *instance) bool { return i.id == id }) {
			return nothing{}, awswire.Errorf("ValidationError", "The instance %s is not part of Auto Scaling group %s.", id, w.Names.Group)
		}
	}
	for _, i := range w.instances {
		if slices.Contains(in.Instances, i.id) {
			i.protected = in.Protect
		}
	}
	w.reconcileSoon()
	return nothing{}, nil
}
