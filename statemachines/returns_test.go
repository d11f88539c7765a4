package statemachines

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/publicmapping/districtbuilder-ops/pkg/"

// program is the source of pkg/, tests left out: each declaration by its package and name, "fleet.ScaleService" or
// "fleet.ScaleService.Run".
type program map[string]declaration

type declaration struct {
	node    ast.Node
	pkg     string
	imports map[string]string // packages of the project, by the name that the file has for them
}

func parse(t *testing.T, pattern string) program {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || files == nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	p := program{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		p.add(file)
	}
	return p
}

func (p program) add(file *ast.File) {
	imports := map[string]string{}
	for _, i := range file.Imports {
		if full, err := strconv.Unquote(i.Path.Value); err == nil && strings.HasPrefix(full, module) {
			name := path.Base(full)
			if i.Name != nil {
				name = i.Name.Name
			}
			imports[name] = path.Base(full)
		}
	}
	pkg := file.Name.Name
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			p[pkg+"."+receiver(d)+d.Name.Name] = declaration{d, pkg, imports}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					p[pkg+"."+s.Name.Name] = declaration{s, pkg, imports}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						p[pkg+"."+n.Name] = declaration{s, pkg, imports}
					}
				}
			}
		}
	}
}

// receiver is "Type." of a method, "" of a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	return of.(*ast.Ident).Name + "."
}

// reached are the declarations that a function can come to: whatever it names, and of the types that it comes to those
// methods whose names it mentions. That is at least what it can come to.
func (p program) reached(from string) map[string]bool {
	found, names, open := map[string]bool{}, map[string]bool{"UnmarshalJSON": true, "UnmarshalText": true, "Error": true}, []string{from}
	for {
		for len(open) > 0 {
			key := open[len(open)-1]
			open = open[:len(open)-1]
			if d, ok := p[key]; ok && !found[key] {
				found[key] = true
				open = append(open, d.mentions(names)...)
			}
		}
		for key := range p {
			parts := strings.Split(key, ".")
			if len(parts) == 3 && !found[key] && found[parts[0]+"."+parts[1]] && names[parts[2]] {
				open = append(open, key)
			}
		}
		if len(open) == 0 {
			return found
		}
	}
}

// mentions are the declarations that this one names; names collects those of members, which may be methods.
func (d declaration) mentions(names map[string]bool) (keys []string) {
	ast.Inspect(d.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			names[n.Sel.Name] = true
			if x, ok := n.X.(*ast.Ident); ok && d.imports[x.Name] != "" {
				keys = append(keys, d.imports[x.Name]+"."+n.Sel.Name)
			} else {
				keys = append(keys, d.mentionsIn(n.X, names)...)
			}
			return false // a member's name alone names no declaration
		case *ast.Ident:
			keys = append(keys, d.pkg+"."+n.Name)
		}
		return true
	})
	return keys
}

func (d declaration) mentionsIn(n ast.Node, names map[string]bool) []string {
	d.node = n
	return d.mentions(names)
}

// returns are the named errors that an action can make: the fault.X of each fault.New(fault.X, …) that it can come to.
func (p program) returns(builder string) []string {
	var names []string
	for key := range p.reached(builder) {
		d := p[key]
		ast.Inspect(d.node, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 || !selects(call.Fun, "fault", "New") {
				return true
			}
			if name, ok := call.Args[0].(*ast.SelectorExpr); ok && selects(name, "fault", name.Sel.Name) && !slices.Contains(names, name.Sel.Name) {
				names = append(names, name.Sel.Name)
			}
			return true
		})
	}
	slices.Sort(names)
	return names
}

func selects(n ast.Node, pkg, name string) bool {
	s, ok := n.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// builders are the functions that build the actions, "fleet.ScaleServiceAction", by the action's name.
func builders(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, d := range parse(t, "../lambdas/lambdas.go") {
		ast.Inspect(d.node, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				name, err := strconv.Unquote(pair.Key.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				builder := pair.Value.(*ast.SelectorExpr)
				found[name] = builder.X.(*ast.Ident).Name + "." + builder.Sel.Name
			}
			return true
		})
	}
	return found
}
