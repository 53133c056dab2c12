// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/semconv"
)

// Attribute is an attribute for instrumentation.Propagate.
type Attribute = scope.Attribute

// CustomerName is the name of the user. Respan shows it with the user's id.
func CustomerName(name string) Attribute {
	return scope.NewAttribute(semconv.CustomerNameKey.String(name))
}

// CustomerEmail is the mail address of the user.
func CustomerEmail(address string) Attribute {
	return scope.NewAttribute(semconv.CustomerEmailKey.String(address))
}

// Group is the group of traces that a trace belongs to.
func Group(id string) Attribute { return scope.NewAttribute(semconv.GroupKey.String(id)) }

// CustomIdentifier is an identifier of the application's own, which Respan can
// search for.
func CustomIdentifier(id string) Attribute {
	return scope.NewAttribute(semconv.CustomIDKey.String(id))
}
