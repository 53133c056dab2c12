// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// usage is the tokens of a call, or of several.
type usage struct{ in, out, cached, reasoning count }

// count tells apart what is zero and what nobody said.
type count struct {
	n     int64
	known bool
}

func usageOf(attrs map[attribute.Key]attribute.Value) usage {
	return usage{
		in:        countOf(attrs, semconv.GenAIUsageInputTokensKey),
		out:       countOf(attrs, semconv.GenAIUsageOutputTokensKey),
		cached:    countOf(attrs, semconv.GenAIUsageCacheReadInputTokensKey),
		reasoning: countOf(attrs, semconv.GenAIUsageReasoningOutputTokensKey),
	}
}

func countOf(attrs map[attribute.Key]attribute.Value, key attribute.Key) count {
	v, ok := attrs[key]
	return count{v.AsInt64(), ok && v.Type() == attribute.INT64}
}

func (u usage) known() bool { return u.in.known || u.out.known }

func (u usage) plus(other usage) usage {
	return usage{
		in:        u.in.plus(other.in),
		out:       u.out.plus(other.out),
		cached:    u.cached.plus(other.cached),
		reasoning: u.reasoning.plus(other.reasoning),
	}
}

func (c count) plus(other count) count { return count{c.n + other.n, c.known || other.known} }

// String is such as "80 tokens in (64 cached), 24 out", and empty for no tokens.
func (u usage) String() string {
	var in, out string
	if u.in.known {
		in = u.in.String() + " tokens in" + u.cached.within("cached")
	}
	if u.out.known {
		unit := " out"
		if in == "" {
			unit = " tokens out"
		}
		out = u.out.String() + unit + u.reasoning.within("reasoning")
	}
	return join(", ", in, out)
}

func (c count) String() string { return strconv.FormatInt(c.n, 10) }

func (c count) within(what string) string {
	if !c.known {
		return ""
	}
	return " (" + c.String() + " " + what + ")"
}
