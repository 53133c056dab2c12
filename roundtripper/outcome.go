// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/semconv"
)

// cause is what ended a call.
type cause uint8

const (
	causeNone      cause = iota
	causeHeaders         // no body is to come
	causeDone            // the reply came to its end
	causeEOF             // the body ended
	causeError           // the body, or the exchange, failed
	causeClosed          // the caller closed the body
	causeContext         // the caller's context ended
	causeCollected       // the caller forgot the body
	causePanic           // the transport below panicked
)

func causeOf(err error) cause {
	if err == io.EOF {
		return causeEOF
	}
	return causeError
}

// end is a cause with the error that came with it, and the time.
type end struct {
	cause cause
	err   error
	after time.Duration // when the call ended, after its start; of one that was abandoned, its last sign of life
}

// settle finds the outcome of a call, and what type of error it is. The error is
// that of the transport below: asking it may panic.
func (c *call) settle(e end) {
	r := c.record
	answered := r.Response.Status != 0
	defer func() {
		if recover() == nil {
			return
		}
		r.Panics++
		r.Outcome, r.Failure.Type = semconv.OutcomeFailed, semconv.ErrorTypeOther
		if answered {
			r.Outcome = semconv.OutcomeCut
		}
	}()
	switch {
	case r.Response.Status >= 400:
		r.Outcome = semconv.OutcomeRefused
		r.Failure.Type = strconv.Itoa(r.Response.Status)
		return
	case r.Failure.Type != "":
		r.Outcome = semconv.OutcomeStreamError
		return
	}
	complete := c.complete(e.cause)
	switch e.cause {
	case causeHeaders, causeDone:
		r.Outcome = semconv.OutcomeCompleted
	case causeEOF:
		r.Outcome = semconv.OutcomeTruncated
		if complete {
			r.Outcome = semconv.OutcomeCompleted
		}
	case causeClosed:
		r.Outcome = unlessComplete(complete, semconv.OutcomeClosedEarly)
	case causeCollected:
		r.Outcome = unlessComplete(complete, semconv.OutcomeAbandoned)
	case causeContext:
		r.Outcome = unlessComplete(complete, contextOutcome(c.caller.Err()))
	case causeError:
		outcome := c.callersOutcome(e.err)
		switch {
		case outcome != "":
			r.Outcome = unlessComplete(complete, outcome)
		case answered:
			r.Outcome = semconv.OutcomeCut
		default:
			r.Outcome = semconv.OutcomeFailed
		}
	default:
		r.Outcome = semconv.OutcomeFailed
	}
	r.Failure.Type = failureType(r.Outcome, e.err)
}

// complete tells whether all of the reply has come. Of one that was not read,
// because it was too long or decoding it panicked, nothing is known but that it
// came to its end.
func (c *call) complete(by cause) (all bool) {
	z, ok := c.reply.(*compressed)
	if c.broken || ok && z.over {
		return by == causeEOF
	}
	defer func() {
		if recover() != nil {
			c.broke()
			c.record.DecodeErrors++
			all = by == causeEOF
		}
	}()
	return c.reply != nil && c.reply.Complete()
}

func unlessComplete(complete bool, outcome string) string {
	if complete {
		return semconv.OutcomeCompleted
	}
	return outcome
}

// callersOutcome is the outcome of a call that failed with err because the
// caller's context had ended, or was about to: [http.Client.Timeout] also
// cancels the request in a way of its own, which may come first. It is "" if
// the caller had nothing to do with it: a time limit of the transport below is
// no deadline of his.
func (c *call) callersOutcome(err error) string {
	if deadline, ok := c.caller.Deadline(); ok && !time.Now().Before(deadline) {
		return semconv.OutcomeDeadline
	}
	if c.caller.Err() != nil {
		return contextOutcome(c.caller.Err())
	}
	if errors.Is(err, context.Canceled) {
		return semconv.OutcomeCancelled
	}
	return ""
}

// contextOutcome is the outcome of a call whose context ended with err.
func contextOutcome(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return semconv.OutcomeDeadline
	}
	return semconv.OutcomeCancelled
}

// failureType is the error.type of an outcome; "" for those that are no
// failure.
func failureType(outcome string, err error) string {
	switch outcome {
	case semconv.OutcomeDeadline:
		return semconv.ErrorTypeTimeout
	case semconv.OutcomeTruncated:
		return semconv.ErrorTypeTruncated
	case semconv.OutcomeFailed, semconv.OutcomeCut:
		return errorType(err)
	}
	return ""
}

// errorType names the kind of an error of the transport below. It never uses
// the text of an error, which has addresses in it and may have more.
func errorType(err error) string {
	var (
		timeout     interface{ Timeout() bool }
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		stream      streamError
	)
	switch {
	case err == nil:
		return semconv.ErrorTypeOther
	case errors.As(err, &dns):
		return semconv.ErrorTypeDNS
	case errors.As(err, &timeout) && timeout.Timeout():
		return semconv.ErrorTypeTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return semconv.ErrorTypeConnectionRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.As(err, &stream):
		return semconv.ErrorTypeConnectionReset
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert),
		errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid):
		return semconv.ErrorTypeTLS
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return semconv.ErrorTypeUnexpectedEOF
	}
	return genai.ErrorType(err)
}

// streamError is that of a stream of HTTP/2 that was reset. net/http
// does not export that; it turns into any struct that has the fields of
// golang.org/x/net/http2.StreamError.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream reset" }
