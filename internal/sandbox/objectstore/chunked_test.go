package objectstore

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestSignedChunksAreDecoded(t *testing.T) {
	url, c, bucket := front(t, Hooks{})
	body := "3;chunk-signature=00\r\nabc\r\n4;chunk-signature=00\r\ndefg\r\n0;chunk-signature=00\r\n\r\n"
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/"+bucket+"/a", strings.NewReader(body))
	r.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	r.Header.Set("X-Amz-Decoded-Content-Length", "7")
	r.Header.Set("Content-Encoding", "aws-chunked,gzip")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
	answer.Body.Close()
	if got := get(t, c, bucket, "a"); got != "abcdefg" {
		t.Errorf("body = %q", got)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("a")})
	if err != nil || aws.ToString(head.ContentEncoding) != "gzip" {
		t.Errorf("encoding = %v, %v", head, err)
	}
}
