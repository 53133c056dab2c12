// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

// Names of events.
//
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
const (
	EventInferenceDetails = "gen_ai.client.inference.operation.details" // what a call was asked and answered
	EventException        = "gen_ai.client.operation.exception"         // a call failed
)

// Keys of [EventException].
const (
	// ExceptionTypeKey is the type of what went wrong: that of the Go error, or
	// the provider's, or else the error.type.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/exception/#exception-type
	ExceptionTypeKey = attribute.Key("exception.type")

	// ExceptionMessageKey is the text of what went wrong. Calls may repeat their
	// input there, so on events of this library it is treated as content. It is
	// none by its name: other libraries record theirs under it.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/exception/#exception-message
	ExceptionMessageKey = attribute.Key("exception.message")
)

// exceptions describes the keys above.
var exceptions = [...]Attribute{
	{ExceptionTypeKey, TypeString, "", false, registry + "exception/#exception-type", "Type of what went wrong"},
	{ExceptionMessageKey, TypeString, "", false, registry + "exception/#exception-message", "Text of what went wrong"},
}
