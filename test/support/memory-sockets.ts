import type { TransportAddress } from '../../src/sip/transport/destination.ts'
import type {
  DatagramHandler,
  DatagramSocket,
  PortProbe,
  Sockets,
  StreamConnection,
  StreamHandler,
  StreamListener,
} from '../../src/sip/transport/sockets.ts'
import type { MemoryNetwork } from './memory-network.ts'

/** Sockets on a {@link MemoryNetwork}; datagrams only. */
export class MemorySockets implements Sockets {
  readonly #network: MemoryNetwork
  #ephemeralPort = 49_152

  constructor(network: MemoryNetwork) {
    this.#network = network
  }

  openDatagram(local: TransportAddress, handler: DatagramHandler): Promise<DatagramSocket> {
    const address = { host: local.host, port: local.port === 0 ? this.#ephemeralPort++ : local.port }
    this.#network.bind(address, (datagram, from) => handler.onDatagram(datagram, from))
    return Promise.resolve({
      address,
      send: (datagram, to) => this.#network.send(datagram, address, to),
      close: () => {
        this.#network.unbind(address)
        return Promise.resolve()
      },
    })
  }

  listenStream(): Promise<StreamListener> {
    return Promise.reject(new Error('the memory network carries datagrams only'))
  }

  /** Ports that the test has closed refuse; of all others nothing is known. */
  probePort(remote: TransportAddress, _localHost: string | undefined, onRefused: () => void): PortProbe {
    let isOpen = true
    const tell = () => {
      if (isOpen) onRefused()
    }
    return {
      ask: () => {
        if (this.#network.isClosed(remote)) this.#network.later(tell)
      },
      close: () => {
        isOpen = false
      },
    }
  }

  connectStream(remote: TransportAddress, _localHost: string | undefined, handler: StreamHandler): StreamConnection {
    queueMicrotask(() => handler.onClosed(new Error('the memory network carries datagrams only')))
    const nothing = (): void => {}
    return { remote, local: remote, backlog: 0, write: nothing, end: nothing, destroy: nothing }
  }
}
