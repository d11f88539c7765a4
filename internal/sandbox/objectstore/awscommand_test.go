package objectstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWSCommand(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command is not installed; the SDK's tests cover the same requests in its own form")
	}
	url, c, bucket := front(t, Hooks{})
	dir := t.TempDir()
	big := strings.Repeat("0123456789abcdef", 20<<16) // 20 MiB: the command uploads it in parts
	names := map[string]string{"a b+é.txt": "small", "big.bin": big}
	for name, body := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	aws := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "aws", append([]string{"--endpoint-url", url}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=anyone", "AWS_SECRET_ACCESS_KEY=any", "AWS_DEFAULT_REGION="+Region, "AWS_EC2_METADATA_DISABLED=true")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	aws("s3", "cp", "--recursive", dir, "s3://"+bucket+"/up:1/")
	aws("s3", "cp", "--recursive", "s3://"+bucket+"/up:1/", "s3://"+bucket+"/copy/")
	for name, body := range names {
		if get(t, c, bucket, "copy/"+name) != body {
			t.Errorf("%s differs after upload and copy", name)
		}
	}
	if out := aws("s3", "ls", "s3://"+bucket+"/up:1/"); !strings.Contains(out, "a b+é.txt") {
		t.Errorf("listing:\n%s", out)
	}
}
