// SPDX-License-Identifier: Apache-2.0

package main

// The same spans at several destinations, with and without content. Langfuse's
// cookbook and Respan's page have no such section.
//
// Each destination has its own bounded queue, its own retries and its own words:
// Respan gets Respan's attributes, a plain endpoint gets none of those. An outage
// at one neither delays nor loses anything at the others, and Shutdown says who
// got what.
//
// Content, that is prompts, replies, and what observations were given and gave
// back, is recorded when one destination wants it, and removed on the way to the
// others. WithContentCapture and
// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT speak for all of them at once,
// but not for one with NoContent.

import (
	"errors"
	"os"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

// destinations are for instrumentation.WithDestination, one after the other. With
// that option Start adds none from the environment, so Respan is asked for here.
func destinations(team, company otlp.Config) ([]destination.Destination, error) {
	var all []destination.Destination
	var errs []error
	add := func(d destination.Destination, err error) {
		if err != nil {
			errs = append(errs, err) // of this destination; the others work
			return
		}
		all = append(all, d)
	}

	// The collector of the team that works on the prompts: it sees them.
	team.Name, team.Content = "team", true
	add(otlp.New(team))

	// The collector of the company: times, tokens and errors, and never content,
	// whatever the environment says.
	company.Name, company.NoContent = "company", true
	add(otlp.New(company))

	// A product, whose purpose is to show content.
	if os.Getenv("RESPAN_API_KEY") != "" {
		add(respan.FromEnv())
	}
	return all, errors.Join(errs...)
}
