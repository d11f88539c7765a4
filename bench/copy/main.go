// Command copy compares pkg/s3copy with other tools at what the project needs: copying a region's prefix on S3's side. The prefix has
// 4,000 objects of 8 KiB, 20 of 2 MB and one of 300 MB in parts of 8 MiB, and a proxy adds 30 ms to every request.
//
//	go run ./bench/copy                    objects are kept in memory and not moved, so that the clients are measured and not the
//	                                       server; a copy takes 30 ms whatever its size
//	go run ./bench/copy -rate 100          the same, but each copy takes its size at 100 MB/s besides, about what S3 does
//	go run ./bench/copy -server gateway    the server is versitygw, which moves files; on two cores it is the limit
//
// The proxy is a process of its own, and so is the server. It passes on bytes and reads no HTTP: what a client sends arrives 30 ms
// later, answers come at once, and so does a connection, although making one costs the proxy as much work as some requests.
//
// The aws command and s5cmd take part where they are installed. Each row is the median of the rounds, which go through all
// tools in turn. pkg/s3copy's row includes listing the source and verifying every object of the copy; the others' do not verify.
// The exit status is 1 when a goal is missed: 10 times the aws command, faster than s5cmd, at most 64 MiB above the idle process.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

const gateway = "gateway"

// settings are the flags.
type settings struct {
	server string
	delay  time.Duration
	rounds int
	small  int
	medium int
	large  int   // MB
	rate   int64 // MB/s
	s5cmd  string
}

func main() {
	var s settings
	flag.StringVar(&s.server, "server", "memory", "what serves: memory or gateway")
	flag.DurationVar(&s.delay, "delay", 30*time.Millisecond, "that the proxy adds to every request")
	flag.IntVar(&s.rounds, "rounds", 5, "how often each tool copies")
	flag.IntVar(&s.small, "small", 4000, "number of objects of 8 KiB")
	flag.IntVar(&s.medium, "medium", 20, "number of objects of 2 MB")
	flag.IntVar(&s.large, "large", 300, "size of the large object in MB")
	flag.Int64Var(&s.rate, "rate", 0, "MB a second that one copy moves on the memory server; 0 is no limit")
	flag.StringVar(&s.s5cmd, "s5cmd", "s5cmd", "the s5cmd to compare with")
	flag.Parse()
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "bench/copy:", err)
		os.Exit(1)
	}
}

// run is all that main does; the program starts itself again for the server, the proxy and each copy of pkg/s3copy.
func run(ctx context.Context, s settings) error {
	switch flag.Arg(0) {
	case "serve":
		return serve(ctx, s)
	case "proxy":
		return proxy(s, flag.Arg(1))
	case "copy":
		return copyOnce(ctx, flag.Arg(1), flag.Arg(2), flag.Arg(3))
	}
	if s.server != "memory" && s.server != gateway {
		return fmt.Errorf("server %q: expected memory or %s", s.server, gateway)
	}
	v, err := startService(os.Args[1:])
	if err != nil {
		return err
	}
	defer v.stop()
	if err := seed(ctx, v.direct(), s); err != nil {
		return err
	}
	table, err := measure(ctx, v, s)
	if err != nil {
		return err
	}
	fmt.Print(table)
	return table.goals()
}
