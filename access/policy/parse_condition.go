package policy

// conditions reads {operator: {key: value or values}}. An empty object is no
// condition; the vendor's editors used to leave one behind.
func (p *parser) conditions(n *node) ([]condition, error) {
	if n.kind != objectNode {
		return nil, p.fail(n, "must be an object of operators")
	}
	var conditions []condition
	for i := range n.members {
		m := &n.members[i]
		op, ok := operators[m.name]
		if !ok {
			return nil, p.unknown(m, "condition operator")
		}
		if m.value.kind != objectNode || len(m.value.members) == 0 {
			return nil, p.fail(&m.value, "must be an object of condition keys")
		}
		for j := range m.value.members {
			c, err := p.condition(m.name, op, &m.value.members[j])
			if err != nil {
				return nil, err
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

func (p *parser) condition(name string, op operator, m *member) (condition, error) {
	if m.name == "" {
		return condition{}, p.unknown(m, "condition key")
	}
	values, err := p.scalars(&m.value)
	if err != nil {
		return condition{}, err
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.text
	}
	c := condition{operator: name, name: m.name, key: ConditionKey(m.name), values: texts, negated: op.negated}
	test, bad, err := op.compile(c.key, texts)
	if err != nil {
		return condition{}, p.fail(values[bad], "%s", err)
	}
	c.test = test
	return c, nil
}

// scalars reads condition values: strings by the grammar, and numbers and
// booleans, which many people write without quotes.
func (p *parser) scalars(n *node) ([]*node, error) {
	return p.values(n, "must be a value or a list of values", func(v *node) bool {
		return v.kind == stringNode || v.kind == numberNode || v.kind == boolNode
	})
}
