// SPDX-License-Identifier: Apache-2.0

package console

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// page is a file of traces. Who reads it sees a whole one.
type page struct {
	path string
	pages
}

// newPage writes the file without a trace: one of an earlier run would mislead,
// and what is wrong with the path shows while somebody is watching.
func newPage(path string) (*page, error) {
	p := &page{path: path}
	return p, p.write()
}

func (p *page) add(views []*view) error {
	if len(views) == 0 {
		return nil
	}
	if err := p.pages.add(views); err != nil {
		return err
	}
	return p.write()
}

func (p *page) write() error {
	if err := replace(p.path, p.html()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// replace puts data in the place of the file, readable by its owner alone, since
// it has what people asked. What is no file, such as a device, stays.
func replace(path string, data []byte) (err error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".otelmistral-*.html")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // it is not there, or nobody can help it
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
