package memory

// keptChannels bounds how many settled channels wait to be read.
const keptChannels = 8

// channels hands out channels of capacity one and takes one back when it has settled and was read. An unread channel
// stays its holder's, and is forgotten here when too many are kept.
type channels struct {
	settled []chan error
}

func (c *channels) take() chan error {
	for i, ch := range c.settled {
		if len(ch) == 0 {
			c.remove(i)
			return ch
		}
	}
	return make(chan error, 1)
}

func (c *channels) settle(ch chan error, err error) {
	ch <- err
	if len(c.settled) == keptChannels {
		c.remove(0)
	}
	c.settled = append(c.settled, ch)
}

func (c *channels) remove(i int) {
	c.settled = append(c.settled[:i], c.settled[i+1:]...)
}
