// SPDX-License-Identifier: Apache-2.0

// Package app is the application's side of ../config.yaml, to copy.
package app

import (
	"errors"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
)

// Destinations are the two ports of the collector on which each product is sent
// its own words, such as http://localhost:4319 and http://localhost:4320:
//
//	destinations, err := app.Destinations("http://localhost:4319", "http://localhost:4320")
//	...
//	inst, err := instrumentation.Start(ctx,
//		instrumentation.WithDestination(destinations[0]), instrumentation.WithDestination(destinations[1]))
//
// The keys of the products are the collector's business. Content goes along, since
// the products are for showing it; the collector masks cards, addresses and keys.
func Destinations(forLangfuse, forRespan string) ([]destination.Destination, error) {
	dialect, dialectErr := langfuse.Dialect(langfuse.Config{})
	toLangfuse, langfuseErr := otlp.New(otlp.Config{
		Name: "collector-langfuse", Endpoint: forLangfuse + "/v1/traces", Dialect: dialect, Content: true,
	})
	toRespan, respanErr := otlp.New(otlp.Config{
		Name: "collector-respan", Endpoint: forRespan + "/v1/traces", Dialect: respan.Dialect(respan.Config{}), Content: true,
	})
	return []destination.Destination{toLangfuse, toRespan}, errors.Join(dialectErr, langfuseErr, respanErr)
}
