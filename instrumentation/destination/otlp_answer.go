// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	maxAnswerBytes = 1 << 20 // of an answer that are read
	maxAnswerText  = 256     // of an answer that stand in an error
)

// answer is what one attempt to send a request learnt. One of encoding, err and
// status is set.
type answer struct {
	encoding error // the request could not be encoded
	err      error // there was no answer
	status   int

	text       string        // what the backend says about a failure
	retryAfter time.Duration // the wait that it asks for
	rejected   int64         // spans that it did not take, after a success
	message    string        // why it did not, or a warning
}

// accepted reports whether the backend took the request.
func (a answer) accepted() bool { return a.status >= 200 && a.status <= 299 }

// divides reports whether a part of the request may fare better than the whole.
func (a answer) divides() bool {
	return a.status == http.StatusBadRequest || a.status == http.StatusRequestEntityTooLarge
}

// passes reports whether the same request may succeed later.
func (a answer) passes(retryOn500 bool) bool {
	switch a.status {
	case 0:
		return a.err != nil && !isTLSFault(a.err) && !errors.Is(a.err, errProxy)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusInternalServerError:
		return retryOn500
	}
	return false
}

// isTLSFault reports a mistake in certificates or in the scheme of the URL.
func isTLSFault(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.Is(err, http.ErrSchemeMismatch)
}

// describe says what came back and what to look at. The URL is safe to print,
// the error of the connection and the text of the answer only behind mask.
func (a answer) describe(url string, mask func(string) string) error {
	switch {
	case a.encoding != nil:
		return fmt.Errorf("cannot be encoded: %w", a.encoding)
	case a.err != nil:
		return &exportError{fmt.Sprintf("%s cannot be reached: %s: %s", url, mask(a.err.Error()), hintFor(a.err)), a.err}
	}
	text := fmt.Sprintf("%s answered %d %s", url, a.status, http.StatusText(a.status))
	if a.text != "" {
		text += " (" + mask(a.text) + ")"
	}
	if hint := hintForStatus(a.status); hint != "" {
		text += ": " + hint
	}
	if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed || a.status == http.StatusNotImplemented {
		return &exportError{text, ErrNotServed}
	}
	return &exportError{text, nil}
}

// ErrNotServed stands in the error of an endpoint that has nothing at its path,
// such as a collector that takes traces only. Find it with errors.Is.
var ErrNotServed = errors.New("the endpoint does not serve this signal")

// exportError keeps the cause for errors.Is, under a text without secrets.
type exportError struct {
	text  string
	cause error
}

func (e *exportError) Error() string { return e.text }
func (e *exportError) Unwrap() error { return e.cause }

func hintFor(err error) string {
	switch {
	case isTLSFault(err):
		return "check the scheme of the URL and the certificates"
	case errors.Is(err, context.DeadlineExceeded):
		return "check the host, the network and the time limit"
	}
	return "check the host, the port, the network and the proxy"
}

func hintForStatus(status int) string {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "check the credentials and that they belong to this host"
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return "check the path of the URL"
	case status >= 300 && status <= 399:
		return "redirects are not followed: check the URL"
	case status == http.StatusUnsupportedMediaType:
		return "check whether it takes protobuf or JSON, and compression"
	case status == http.StatusProxyAuthRequired:
		return "check the credentials of the proxy"
	case status == http.StatusBadRequest:
		return "check the URL and the headers"
	}
	return ""
}

// listener stands below the client of OpenTelemetry. It notes the answer in the
// [answer] that the context of the request carries, so that nobody has to guess
// it from the text of an error, and hands on the bare status.
type listener struct {
	base http.RoundTripper
}

type answerKey struct{}

func (l listener) RoundTrip(req *http.Request) (*http.Response, error) {
	a := req.Context().Value(answerKey{}).(*answer) // put there by client.attempt or line.send
	*a = answer{}                                   // the exporters of metrics and logs try again by themselves
	resp, err := l.base.RoundTrip(req)
	if err != nil {
		a.err = err
		return nil, err
	}
	// A body that breaks off does not change what the status said.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	_ = resp.Body.Close()
	resp.Body, resp.ContentLength = http.NoBody, 0

	a.status = resp.StatusCode
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if a.accepted() {
		a.rejected, a.message = partialSuccess(media, body)
		return resp, nil
	}
	a.text = failureText(a.status, media, body)
	a.retryAfter = retryAfter(resp.Header, body)
	return resp, nil
}

// partialSuccess reads what a 2xx says. An answer that is no
// ExportTraceServiceResponse, such as the one of Langfuse, is a plain success.
func partialSuccess(media string, body []byte) (rejected int64, message string) {
	var response coltracepb.ExportTraceServiceResponse
	var err error
	switch media {
	case "application/x-protobuf", "application/protobuf":
		err = proto.Unmarshal(body, &response)
	case "application/json":
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &response)
	}
	if err != nil {
		return 0, ""
	}
	partial := response.GetPartialSuccess()
	return max(partial.GetRejectedSpans(), 0), oneLine(partial.GetErrorMessage())
}

// failureText returns what may stand in an error. A backend that complains about
// the request may quote it, and with it what a user said.
func failureText(status int, media string, body []byte) string {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return ""
	}
	switch media {
	case "application/x-protobuf", "application/protobuf":
		return oneLine(statusMessage(body))
	case "application/json", "application/problem+json", "text/plain":
		return oneLine(string(body))
	}
	return ""
}

// statusMessage returns the message of an encoded google.rpc.Status.
func statusMessage(body []byte) string {
	const messageField = 2
	for len(body) > 0 {
		field, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return ""
		}
		body = body[n:]
		if field == messageField && kind == protowire.BytesType {
			text, n := protowire.ConsumeString(body)
			if n < 0 {
				return ""
			}
			return text
		}
		if n = protowire.ConsumeFieldValue(field, kind, body); n < 0 {
			return ""
		}
		body = body[n:]
	}
	return ""
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
}

// short cuts a text that stands in an error. What is secret in it must be masked
// before: of a secret that is cut, the beginning would be left.
func short(s string) string {
	if len(s) > maxAnswerText {
		s = strings.ToValidUTF8(s[:maxAnswerText], "") + " ..."
	}
	return s
}
