package iam

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// writes are those of PutObject, CopyObject and CreateMultipartUpload.
func (s s3Call) writes() ([]Request, error) {
	header := s.http.Header
	put := Request{Action: "s3:PutObject", Resource: s.object()}
	tags, err := url.ParseQuery(header.Get("X-Amz-Tagging"))
	if err != nil {
		return nil, fmt.Errorf("tags: %w", err)
	}
	if len(tags) > 0 {
		put = put.With("s3:RequestObjectTagKeys", "")
		put.Context["s3:RequestObjectTagKeys"] = keysOf(tags)
	}
	tagged := len(tags) > 0
	var requests []Request
	if source := header.Get("X-Amz-Copy-Source"); source != "" {
		// A copy takes the tags along unless told otherwise. Whether there are any is not in the call, so both are needed.
		takesTags := header.Get("X-Amz-Tagging-Directive") != "REPLACE"
		if requests, err = readSource(source, takesTags); err != nil {
			return nil, err
		}
		put = put.With("s3:x-amz-copy-source", strings.TrimPrefix(source, "/"))
		tagged = tagged || takesTags
	}
	requests = append(requests, put)
	for _, extra := range []struct{ header, action string }{
		{"X-Amz-Acl", "s3:PutObjectAcl"}, {"X-Amz-Object-Lock-Mode", "s3:PutObjectRetention"}, {"X-Amz-Object-Lock-Legal-Hold", "s3:PutObjectLegalHold"},
	} {
		if header.Get(extra.header) != "" {
			requests = append(requests, on(extra.action, s.object())...)
		}
	}
	for name := range header {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return nil, errors.New("grants are not supported")
		}
	}
	if tagged {
		requests = append(requests, on("s3:PutObjectTagging", s.object())...)
	}
	return requests, nil
}

func keysOf(tags url.Values) []string {
	var names []string
	for name := range tags {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// writesPart are those of UploadPart and UploadPartCopy, which takes no tags.
func (s s3Call) writesPart() ([]Request, error) {
	put := on("s3:PutObject", s.object())
	source := s.http.Header.Get("X-Amz-Copy-Source")
	if source == "" {
		return put, nil
	}
	read, err := readSource(source, false)
	return append(read, put...), err
}

// readSource reads x-amz-copy-source: bucket/key, escaped, perhaps with a slash before and ?versionId= behind.
func readSource(source string, tags bool) ([]Request, error) {
	path, version, _ := strings.Cut(strings.TrimPrefix(source, "/"), "?versionId=")
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil, fmt.Errorf("copy source: %w", err)
	}
	bucket, key, _ := strings.Cut(path, "/")
	if bucket == "" || key == "" || strings.HasPrefix(path, "arn:") {
		return nil, fmt.Errorf("the copy source %q is no object of a bucket", source)
	}
	object := bucketARN(bucket) + "/" + key
	requests := []Request{versioned("s3:GetObject", object, version)}
	if tags {
		requests = append(requests, versioned("s3:GetObjectTagging", object, version))
	}
	return requests, nil
}

// withKeys adds what the keys need that buckets encrypt with.
func (s s3Call) withKeys(requests []Request) ([]Request, error) {
	given := s.http.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	if asked := s.http.Header.Get("X-Amz-Server-Side-Encryption"); strings.HasPrefix(asked, "aws:kms") && !strings.HasPrefix(given, "arn:") {
		return nil, errors.New("a key of KMS is asked for, but not by its ARN")
	}
	all := requests
	for _, q := range requests {
		key := ""
		if bucket, _, _ := strings.Cut(strings.TrimPrefix(q.Resource, bucketARN("")), "/"); s.KeyOf != nil {
			key = s.KeyOf(bucket)
		}
		if given != "" && q.Action == "s3:PutObject" {
			key = given
		}
		for _, action := range s.keyActions(q.Action) {
			if key != "" {
				all = append(all, Request{Action: action, Resource: key}.With("kms:ViaService", "s3."+s.Region+".amazonaws.com"))
			}
		}
	}
	return all, nil
}

// keyActions are those of the key of the object that an action is on. To read an object its data key is decrypted. A new
// object gets a new one; the parts of an upload and their end use the one that the upload got at its beginning. The head of
// an object and its tags are not encrypted, but its checksum is, and the list of an upload's parts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func (s s3Call) keyActions(action string) []string {
	switch {
	case s.http.Method == http.MethodHead && s.http.Header.Get("X-Amz-Checksum-Mode") == "":
		return nil
	case action == "s3:GetObject", action == "s3:GetObjectVersion", action == "s3:ListMultipartUploadParts",
		action == "s3:PutObject" && s.query.Has("uploadId"):
		return []string{"kms:Decrypt"}
	case action == "s3:PutObject":
		return []string{"kms:GenerateDataKey"}
	}
	return nil
}
