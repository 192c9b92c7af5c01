package amqctl;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.transport.TransportListener;
import org.apache.activemq.transport.failover.FailoverTransport;

/**
 * Producers that write down each operation before it begins and when it has ended: an id is never told of later than
 * its message can be. Each has a connection of its own, over failover:, and sends one message after the other.
 */
final class Load {
    private final Admission admission;
    private final String name;
    private final String url;
    private final String queue;
    private final String run;
    private final int delivery;
    private final int transacted; // messages a transaction; 0: none
    private final int bytes;
    private final List<Producer> producers = new ArrayList<>();
    private volatile double rate; // messages a second, over all producers; 0: as many as go
    private volatile boolean ended;

    Load(Admission admission, Map<String, Object> fields) {
        this.admission = admission;
        name = (String) fields.get("load");
        url = (String) fields.get("url");
        queue = (String) fields.get("queue");
        run = (String) fields.get("run");
        delivery = (Boolean) fields.get("persistent") ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT;
        transacted = ((Number) fields.get("transacted")).intValue();
        bytes = ((Number) fields.get("bytes")).intValue();
        rate = ((Number) fields.get("rate")).doubleValue();
        for (int n = 0; n < ((Number) fields.get("producers")).intValue(); n++) {
            // the first messages are spread over one turn: many that send seldom do not send all at once
            long first = rate > 0 ? (long) (1e9 * n / rate) : 0;
            producers.add(new Producer(fields.get("who") + "-" + n, System.nanoTime() + first));
        }
    }

    void start() {
        for (Producer each : producers) {
            each.start();
        }
    }

    void pace(double messages) {
        rate = messages;
        for (Producer each : producers) {
            LockSupport.unpark(each);
        }
    }

    /** How many are still inside a send after so many milliseconds. */
    int stop(long within) throws InterruptedException {
        ended = true;
        long until = System.nanoTime() + within * 1000000L;
        int left = 0;
        for (Producer each : producers) {
            LockSupport.unpark(each);
            each.join(Math.max(1, (until - System.nanoTime()) / 1000000L));
            left += each.isAlive() ? 1 : 0;
        }
        return left;
    }

    private final class Producer extends Thread implements TransportListener {
        private final String who;
        private final String filling;
        private final List<String> open = new ArrayList<>(); // ids that were begun and have not ended
        private final StringBuilder held = new StringBuilder(); // lines that have not left this process
        private FailoverTransport transport;
        private URI known;
        private String place = "";
        private long number;
        private long due;
        private String refused = "";

        Producer(String who, long due) {
            super(who);
            this.due = due;
            setDaemon(true);
            this.who = who;
            StringBuilder fill = new StringBuilder();
            while (fill.length() < bytes) {
                fill.append('x');
            }
            filling = fill.toString();
        }

        @Override
        public void run() {
            while (!ended) {
                ActiveMQConnection connection = null;
                try {
                    connection = admission.connection(url);
                    transport = connection.getTransport().narrow(FailoverTransport.class);
                    connection.addTransportListener(this);
                    connection.setAlwaysSyncSend(transacted == 0);
                    produce(connection);
                } catch (JMSException | RuntimeException thrown) {
                    refuse(thrown);
                } finally {
                    leave(connection);
                }
            }
        }

        /** Until a send does not end well: what its connection is worth then, nobody knows. */
        private void produce(ActiveMQConnection connection) throws JMSException {
            Session session = connection.createSession(transacted > 0, Session.AUTO_ACKNOWLEDGE);
            MessageProducer producer = session.createProducer(session.createQueue(queue));
            producer.setDeliveryMode(delivery);
            try {
                while (!ended && (transacted > 0 ? transaction(session, producer) : single(session, producer))) {
                    continue;
                }
            } finally {
                release();
            }
        }

        private boolean single(Session session, MessageProducer producer) {
            pace();
            try {
                send(session, producer);
            } catch (JMSException | RuntimeException thrown) {
                end(Outcome.of(thrown), thrown);
                return false;
            }
            end("ok", null);
            return true;
        }

        /** Nothing is stored before the commit; when that does not end well, there is no telling. */
        private boolean transaction(Session session, MessageProducer producer) {
            try {
                for (int n = 0; n < transacted && !ended; n++) {
                    pace();
                    send(session, producer);
                }
            } catch (JMSException | RuntimeException thrown) {
                end("fail", thrown);
                return false;
            }
            try {
                session.commit();
            } catch (JMSException | RuntimeException thrown) {
                end("info", thrown);
                return false;
            }
            end("ok", null);
            return true;
        }

        private void send(Session session, MessageProducer producer) throws JMSException {
            String id = who + "-" + ++number;
            StringBuilder body = new StringBuilder(bytes).append(id).append(' ');
            body.append(filling, 0, Math.max(0, bytes - body.length()));
            TextMessage message = session.createTextMessage(body.toString());
            message.setStringProperty("amqctl_run", run);
            open.add(id);
            held.append(line("invoke", id, null));
            release();
            producer.send(message);
        }

        private void end(String phase, Throwable thrown) {
            for (String id : open) {
                held.append(line(phase, id, thrown)).append('\n');
            }
            open.clear();
        }

        /** The end of one send is told of together with the beginning of the next: half the writes. */
        private void release() {
            int length = held.length();
            if (length > 0) {
                Main.tell(held.substring(0, held.charAt(length - 1) == '\n' ? length - 1 : length));
                held.setLength(0);
            }
        }

        private void pace() {
            double now = rate;
            if (now <= 0) {
                due = System.nanoTime();
                return;
            }
            release();
            due = Math.max(due + (long) (1e9 * producers.size() / now), System.nanoTime() - 1000000000L);
            while (!ended && System.nanoTime() < due && rate == now) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
        }

        /** Said once in a row: who is refused goes on trying, as applications do. */
        private void refuse(Throwable thrown) {
            String said = Outcome.said(thrown);
            if (!said.equals(refused)) {
                refused = said;
                tell("refused", thrown);
            }
            LockSupport.parkNanos(100000000L);
        }

        private void leave(ActiveMQConnection connection) {
            if (connection == null) {
                return;
            }
            connection.removeTransportListener(this);
            try {
                connection.close();
            } catch (JMSException leaving) {
                System.err.println(who + " leaving: " + Outcome.said(leaving));
            }
        }

        /** host:port of the broker that this connection has now, or had last; "" before the first. */
        private synchronized String node() {
            URI now = transport == null ? null : transport.getConnectedTransportURI();
            if (now != null && now != known) {
                known = now;
                place = now.getHost() + ":" + now.getPort();
            }
            return place;
        }

        private void tell(String op, Throwable thrown) {
            Main.tell(line(op, "", thrown).toString());
        }

        private StringBuilder line(String op, String id, Throwable thrown) {
            StringBuilder out = new StringBuilder(200).append("{\"load\":");
            Json.quote(out, name);
            out.append(",\"op\":\"").append(op).append("\",\"who\":\"").append(who).append("\",\"id\":\"").append(id);
            out.append("\",\"mono\":").append(System.nanoTime()).append(",\"wall\":").append(System.currentTimeMillis());
            out.append(",\"node\":\"").append(node()).append('"');
            if (thrown != null) {
                Json.quote(out.append(",\"because\":"), Outcome.said(thrown));
            }
            return out.append('}');
        }

        @Override
        public void transportInterupted() {
            tell("interrupted", null);
        }

        @Override
        public void transportResumed() {
            tell("resumed", null);
        }

        @Override
        public void onCommand(Object command) {
            // a producer has nothing to do with what the broker sends
        }

        @Override
        public void onException(IOException error) {
            tell("lost", error);
        }
    }
}
