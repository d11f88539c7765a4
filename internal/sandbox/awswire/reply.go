package awswire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/aws/smithy-go/encoding/cbor"
)

// namespaces are the XML namespaces of Query answers.
var namespaces = map[string]string{
	"autoscaling":          "http://autoscaling.amazonaws.com/doc/2011-01-01/",
	"elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
	"monitoring":           "http://monitoring.amazonaws.com/doc/2010-08-01/",
}

// Reply writes out, a struct with json tags, as the call's answer.
func (c *Call) Reply(w http.ResponseWriter, requestID string, out any) error {
	body, err := c.encode(requestID, out)
	if err != nil {
		return fmt.Errorf("encode the answer of %s: %w", c.Action, err)
	}
	return c.write(w, requestID, http.StatusOK, body)
}

func (c *Call) encode(requestID string, out any) ([]byte, error) {
	switch c.protocol {
	case CBOR:
		return cbor.Encode(cborOf(reflect.ValueOf(out))), nil
	case Query:
		var b bytes.Buffer
		fmt.Fprintf(&b, `<%sResponse xmlns="%s"><%[1]sResult>`, c.Action, namespaces[c.Service])
		writeXML(&b, "", reflect.ValueOf(out))
		fmt.Fprintf(&b, `</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%[1]sResponse>`, c.Action, requestID)
		return b.Bytes(), nil
	default:
		return json.Marshal(out)
	}
}

func (c *Call) write(w http.ResponseWriter, requestID string, status int, body []byte) error {
	header := w.Header()
	header.Set("X-Amzn-Requestid", requestID)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	switch c.protocol {
	case CBOR:
		header.Set("Content-Type", "application/cbor")
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
	case Query:
		header.Set("Content-Type", "text/xml")
	default:
		header.Set("Content-Type", "application/x-amz-json-"+c.version)
	}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// cborOf makes a CBOR value of a struct, leaving out empty fields.
func cborOf(v reflect.Value) cbor.Value {
	if t, ok := v.Interface().(Time); ok {
		return &cbor.Tag{ID: 1, Value: cbor.Float64(t.Seconds())}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return cborOf(v.Elem())
	case reflect.Struct:
		m := cbor.Map{}
		eachField(v, func(name string, field reflect.Value) { m[name] = cborOf(field) })
		return m
	case reflect.Slice:
		list := make(cbor.List, v.Len())
		for i := range list {
			list[i] = cborOf(v.Index(i))
		}
		return list
	case reflect.Bool:
		return cbor.Bool(v.Bool())
	case reflect.Float64:
		return cbor.Float64(v.Float())
	case reflect.Int, reflect.Int32, reflect.Int64:
		if v.Int() < 0 {
			return cbor.NegInt(-v.Int())
		}
		return cbor.Uint(v.Int())
	default:
		return cbor.String(fmt.Sprint(v.Interface()))
	}
}

// writeXML writes a value within an element of that name; a list's elements are called member.
func writeXML(b *bytes.Buffer, name string, v reflect.Value) {
	if name != "" {
		fmt.Fprintf(b, "<%s>", name)
		defer fmt.Fprintf(b, "</%s>", name)
	}
	_, isTime := v.Interface().(Time)
	switch {
	case v.Kind() == reflect.Pointer:
		writeXML(b, "", v.Elem())
	case v.Kind() == reflect.Struct && !isTime:
		eachField(v, func(name string, field reflect.Value) { writeXML(b, name, field) })
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			writeXML(b, "member", v.Index(i))
		}
	default:
		// A bytes.Buffer does not fail.
		_ = xml.EscapeText(b, fmt.Append(nil, v.Interface()))
	}
}

// eachField calls f for the fields that the wire shows: those of pointer, slice and string kind only when set,
// numbers and booleans always, times when they have come.
func eachField(v reflect.Value, f func(name string, field reflect.Value)) {
	for i := range v.NumField() {
		field := v.Field(i)
		switch field.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.String, reflect.Struct:
			if field.IsZero() {
				continue
			}
		}
		f(fieldName(v.Type().Field(i)), field)
	}
}
