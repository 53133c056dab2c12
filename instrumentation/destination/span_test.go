// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

func TestOnlyObservationsKeepsCallsAndObservations(t *testing.T) {
	tests := []struct {
		attribute attribute.KeyValue
		kept      bool
	}{
		{semconv.GenAIOperationNameKey.String(semconv.OperationChat), true},
		{semconv.MistralOperationKey.String(semconv.RouteTranscription), true},
		{semconv.ObservationTypeKey.String(semconv.ObservationTask), true},
		{semconv.UserIDKey.String("every span may carry it"), false},
		{attribute.String("db.system.name", "postgresql"), false},
	}
	for _, tt := range tests {
		first := attribute.String("http.request.method", "POST")
		assert.Equal(t, tt.kept, OnlyObservations(stub(1, first, tt.attribute).Snapshot()), tt.attribute.Key)
	}
	assert.False(t, OnlyObservations(stub(1).Snapshot()))
}
