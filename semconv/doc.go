// SPDX-License-Identifier: Apache-2.0

// Package semconv holds every name that this library writes into telemetry:
// attribute keys, the values of those that have a fixed set, metrics, units and
// the schema URL. [IsContent] says which keys carry what a user said or a model
// answered.
//
// The names are those of the OpenTelemetry semantic conventions for generative
// AI in version 1.41.0, the last release that defines them. What the
// conventions lack has a name below mistral_ai. or otelmistral.; those names are
// the project's own and belong to no registry.
//
// They are literals because newer releases of go.opentelemetry.io/otel/semconv
// no longer have the gen_ai names. A test compares each one to the package of
// version 1.41.0.
//
// [Newest] is the other [Vocabulary]; one table has what it calls otherwise.
package semconv

// SchemaURL names the version of the conventions that all names outside
// mistral_ai. follow.
//
// https://opentelemetry.io/docs/specs/otel/schemas/
const SchemaURL = "https://opentelemetry.io/schemas/1.41.0"

// Units of attribute values, in the notation of UCUM.
//
// https://opentelemetry.io/docs/specs/semconv/general/metrics/#instrument-units
const (
	UnitSeconds    = "s"
	UnitBytes      = "By"
	UnitTokens     = "{token}"
	UnitRequests   = "{request}"
	UnitPages      = "{page}"
	UnitCharacters = "{character}"
	UnitCalls      = "{call}"
	UnitErrors     = "{error}"
	UnitPanics     = "{panic}"
)
