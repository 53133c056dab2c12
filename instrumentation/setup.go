// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// resolveDestinations returns the destinations that can be used. The error tells
// about the others.
func (c config) resolveDestinations() ([]destination.Destination, error) {
	all, err := c.destinations, error(nil)
	if len(c.destinations) == 0 && len(c.processors) == 0 {
		all, err = destinationsFromEnv()
	}
	kept, same := apart(all)
	return kept, errors.Join(err, same)
}

// newResource describes the process, later sources over earlier ones. Even with
// an error, such as a malformed OTEL_RESOURCE_ATTRIBUTES, it returns what it could
// find out.
func (c config) newResource(ctx context.Context) (*resource.Resource, error) {
	attrs := c.resource
	if c.serviceName != "" {
		attrs = append(slices.Clone(attrs), attribute.String("service.name", c.serviceName))
	}
	res, err := resource.New(ctx,
		resource.WithService(),
		resource.WithTelemetrySDK(),
		// Not the arguments, the path and the user of the process: what is
		// recorded goes to third parties.
		resource.WithHost(),
		resource.WithProcessPID(),
		resource.WithProcessExecutableName(),
		resource.WithProcessRuntimeName(),
		resource.WithProcessRuntimeVersion(),
		resource.WithProcessRuntimeDescription(),
		resource.WithFromEnv(),
		resource.WithAttributes(attrs...),
	)
	if err != nil {
		err = fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES or WithResourceAttributes: %w", err)
	}
	return res, err
}

// lengthLimitWarning tells that the provider of the application would cut JSON.
// Its limits cannot be read; the variables that it follows can.
func lengthLimitWarning() error {
	for _, name := range []string{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"} {
		limit, err := strconv.Atoi(strings.TrimSpace(os.Getenv(name)))
		if err == nil && limit >= 0 {
			return fmt.Errorf("%s is %d: unless the application's TracerProvider sets limits of its own, it cuts message content, "+
				"which is JSON, in two; unset it, or use WithRawSpanLimits with an AttributeValueLengthLimit of -1", name, limit)
		}
	}
	return nil
}
