// SPDX-License-Identifier: Apache-2.0

package genai

import (
	"fmt"
	"strings"

	otelsemconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/otelmistral/otelmistral/semconv"
)

// ErrorType is the error.type of an error that has no better one: the name of
// its Go type, as OpenTelemetry gives it. An error may name its type itself, and
// then say anything, or panic; what is not plain becomes "_OTHER".
func ErrorType(err error) (name string) {
	defer func() {
		if recover() != nil {
			name = plainName(fmt.Sprintf("%T", err))
		}
	}()
	return plainName(otelsemconv.ErrorType(err).Value.AsString())
}

func plainName(s string) string {
	if len(s) > 128 {
		return semconv.ErrorTypeOther
	}
	for _, b := range []byte(s) {
		letter := 'a' <= b|0x20 && b|0x20 <= 'z'
		digit := '0' <= b && b <= '9'
		if !letter && !digit && !strings.ContainsRune("_-./*[]", rune(b)) {
			return semconv.ErrorTypeOther
		}
	}
	return s
}
