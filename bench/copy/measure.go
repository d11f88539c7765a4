package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/publicmapping/districtbuilder-ops/pkg/s3copy"
	"github.com/publicmapping/districtbuilder-ops/pkg/s3uri"
)

// tool is something that copies the source.
type tool struct {
	name    string
	idle    []string // a command that does nothing, for its memory
	command func(to s3uri.Prefix) []string
}

// one is one copy.
type one struct {
	seconds, verified  float64
	cpu, server, proxy float64 // seconds of processor time, of three processes
	idle, peak         int64
}

// measure lets all tools copy in turn, round after round.
func measure(ctx context.Context, v *service, s settings) (*table, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	admin := s3copy.New(newClient(v.direct()), s3copy.Options{})
	inventory, err := admin.List(ctx, source)
	if err != nil {
		return nil, err
	}
	t := &table{settings: s, objects: len(inventory.Objects), bytes: inventory.Bytes()}
	tools := []tool{{name: ours, command: func(to s3uri.Prefix) []string { return []string{executable, "copy", v.delayed(), to.Bucket, to.Key} }}}
	for _, other := range others(v.delayed(), s) {
		if _, err := exec.LookPath(other.idle[0]); err != nil {
			t.missing = append(t.missing, other.name)
			continue
		}
		tools = append(tools, other)
	}
	for round := range s.rounds {
		for i, tool := range tools {
			to := s3uri.Prefix{Bucket: bucket, Key: fmt.Sprintf("copy-%d-%d/", round, i)}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, s.rounds, tool.name)
			got, err := tool.watched(ctx, v, to)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", tool.name, err)
			}
			if err := checkAndRemove(ctx, admin, inventory, to); err != nil {
				return nil, fmt.Errorf("%s: %w", tool.name, err)
			}
			t.add(tool.name, got)
		}
	}
	return t, nil
}

// others are the tools that operators use.
func others(url string, s settings) []tool {
	return []tool{
		{awsCopy, []string{"aws", "--version"}, func(to s3uri.Prefix) []string {
			return []string{"aws", "--endpoint-url", url, "s3", "cp", "--recursive", "--only-show-errors", source.String(), to.String()}
		}},
		{s5cmdCopy, []string{s.s5cmd, "version"}, func(to s3uri.Prefix) []string {
			return []string{s.s5cmd, "--log", "error", "--endpoint-url", url, "cp", source.String() + "*", to.String()}
		}},
	}
}

// watched is run, and measures what the server and the proxy do meanwhile.
func (t tool) watched(ctx context.Context, v *service, to s3uri.Prefix) (one, error) {
	server, proxy, err := v.spent()
	if err != nil {
		return one{}, err
	}
	got, err := t.run(ctx, to)
	if err != nil {
		return one{}, err
	}
	got.server, got.proxy, err = v.spent()
	got.server, got.proxy = got.server-server, got.proxy-proxy
	return got, err
}

func (t tool) run(ctx context.Context, to s3uri.Prefix) (one, error) {
	cmd := command(ctx, t.command(to))
	var output bytes.Buffer
	cmd.Stdout = &output
	began := time.Now()
	peak, cpu, err := watch(cmd)
	if err != nil {
		return one{}, err
	}
	got := one{seconds: time.Since(began).Seconds(), peak: peak, cpu: cpu}
	if t.idle == nil {
		var told own
		if err := json.Unmarshal(output.Bytes(), &told); err != nil {
			return one{}, err
		}
		got.verified, got.idle, got.peak = told.Verified, told.Idle, told.Peak
		return got, nil
	}
	got.idle, _, err = watch(command(ctx, t.idle))
	return got, err
}

func command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	return cmd
}

// checkAndRemove makes sure that a copy has all objects in their sizes, and removes it.
func checkAndRemove(ctx context.Context, admin *s3copy.Copier, inventory s3copy.Inventory, to s3uri.Prefix) error {
	made, err := admin.List(ctx, to)
	if err != nil {
		return err
	}
	if len(made.Objects) != len(inventory.Objects) || made.Bytes() != inventory.Bytes() {
		return fmt.Errorf("copied %d objects of %d bytes", len(made.Objects), made.Bytes())
	}
	keys := make([]string, len(made.Objects))
	for i, o := range made.Objects {
		keys[i] = o.Key
	}
	_, _, err = admin.Remove(ctx, to, keys)
	return err
}
