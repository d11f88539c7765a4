package stack

// rule is one of the environment's rules, and who must know when EventBridge cannot deliver what it sends.
type rule struct{ name, why, topic string }

// rules of the environment. A message that wakes somebody is missed by whoever is to be woken.
func (e environment) rules() []rule {
	const mend = " Somebody has changed or deleted the target, or what lets EventBridge use it: the drift of the stack, in the CloudFormation console, says what."
	var found []rule
	for _, ending := range e.endings() {
		found = append(found, rule{ending.name, "The message that an execution ended without success could not be sent to the topic " + e.named(ending.topic) +
			". See what has ended: dbops status." + mend, ending.topic})
	}
	if e.UploadBucket != "" {
		found = append(found, rule{uploadRule, "An upload's event could not be delivered to " + startUpdate + ", so the upload started nothing. The event is in the queue " +
			e.named(deadLetters) + "." + mend + " Then upload again.", notifications})
	}
	return append(found, rule{watchLock, watchLock + " could not be invoked, so nobody looks at the lock." + mend, notifications})
}

// undelivered are the alarms for what EventBridge has given up. It reports the metric only when it is not zero, and for
// the default event bus under the rule's name alone: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
func (e environment) undelivered() []alarm {
	var found []alarm
	for _, r := range e.rules() {
		found = append(found, alarm{r.name + "-undelivered", r.why, "AWS/Events", "FailedInvocations",
			map[string]string{"RuleName": e.named(r.name)}, 1, r.topic, false})
	}
	return found
}
