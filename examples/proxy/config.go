// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// config is what the proxy is told. A flag wins over its variable, the variable
// over the default.
type config struct {
	listen          string
	upstream        *url.URL
	shutdownTimeout time.Duration
}

// variable names the environment variable of a flag: MISTRAL_PROXY_LISTEN is that
// of -listen.
func variable(flag string) string {
	return "MISTRAL_PROXY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// parse reads the variables and then args. flags may have flags of their own,
// which then have variables, too. An empty variable counts as unset.
func parse(flags *flag.FlagSet, args []string, getenv func(string) string) (config, error) {
	var c config
	var upstream string
	flags.StringVar(&c.listen, "listen", "127.0.0.1:8080", "`address` to listen on")
	flags.StringVar(&upstream, "upstream", "https://api.mistral.ai", "`URL` of Mistral's API, without /v1")
	flags.DurationVar(&c.shutdownTimeout, "shutdown-timeout", 15*time.Second,
		"how long calls may go on after SIGINT or SIGTERM")

	var wrong []error
	flags.VisitAll(func(f *flag.Flag) {
		name := variable(f.Name)
		f.Usage += "; or " + name
		if value := getenv(name); value != "" {
			if err := f.Value.Set(value); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %q: %w", name, value, err))
			}
		}
	})
	if err := errors.Join(wrong...); err != nil {
		return config{}, err
	}
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	var err error
	if c.upstream, err = parseUpstream(upstream); err != nil {
		return config{}, fmt.Errorf("-upstream or %s: %w", variable("upstream"), err)
	}
	return c, nil
}

// parseUpstream does not repeat the URL in its errors: it may have a password.
func parseUpstream(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("want an address such as https://api.mistral.ai")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("want neither credentials nor query: keys are those of the callers")
	}
	return u, nil
}
