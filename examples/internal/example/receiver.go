// SPDX-License-Identifier: Apache-2.0

package example

import (
	"fmt"
	"io"
	"os"

	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

// HasOTLPEndpoint tells whether the environment has an OTLP endpoint, which then
// takes the place of a receiver inside the program.
func HasOTLPEndpoint() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// Show prints what a receiver inside the program has decoded, if anything.
func Show(out io.Writer, name string, receiver *testserver.Receiver) error {
	spans := receiver.Spans().Snapshots()
	if len(spans) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(out, "\nWhat %s has got:\n\n", name); err != nil {
		return err
	}
	return console.Render(out, spans)
}
