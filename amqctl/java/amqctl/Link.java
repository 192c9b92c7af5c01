package amqctl;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.QueueBrowser;
import javax.jms.Session;
import javax.jms.TextMessage;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQSession;

/** One connection to one broker, whose user does one thing after the other. */
final class Link {
    private static final int SLICE = 20; // milliseconds at one of several consumers before the next is looked at
    private static final int ENOUGH = 1 << 20; // characters of bodies after which an answer is complete

    private final ExecutorService turn = Executors.newSingleThreadExecutor(Main::daemon);
    private final Admission admission;
    private final String url;
    private volatile ActiveMQConnection connection;
    private Session session;
    private MessageProducer producer;
    private final Map<String, MessageConsumer> consumers = new LinkedHashMap<>();
    private final Map<String, Map<String, Message>> unacknowledged = new LinkedHashMap<>();
    private Enumeration<?> browsed;

    Link(Admission admission, String url) {
        this.admission = admission;
        this.url = url;
    }

    void when(Runnable work) {
        turn.execute(work);
    }

    /** Returns once the broker has let us in. */
    void open() throws JMSException {
        connection = admission.connection(url);
        connection.setAlwaysSyncSend(true); // also for what is not persistent: the end of a send is the broker's word
        connection.setWatchTopicAdvisories(false);
        connection.getRedeliveryPolicy().setMaximumRedeliveries(-1); // what we hand back must not end as a dead letter
        connection.start();
        session = connection.createSession(false, ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE);
        producer = session.createProducer(null);
    }

    void send(Map<String, Object> fields) throws JMSException {
        TextMessage message = session.createTextMessage((String) fields.get("body"));
        for (Map.Entry<?, ?> each : ((Map<?, ?>) fields.get("properties")).entrySet()) {
            message.setStringProperty((String) each.getKey(), (String) each.getValue());
        }
        boolean persistent = (Boolean) fields.get("persistent");
        connection.setSendTimeout(((Number) fields.get("within")).intValue());
        Queue queue = session.createQueue((String) fields.get("queue"));
        producer.send(queue, message, persistent ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT, 4, 0);
    }

    void subscribe(Map<String, Object> fields) throws JMSException {
        String queue = (String) fields.get("queue");
        Queue from = session.createQueue(queue + "?consumer.prefetchSize=" + fields.get("prefetch")
            + "&consumer.exclusive=" + fields.get("exclusive"));
        consumers.put(queue, session.createConsumer(from));
        unacknowledged.put(queue, new LinkedHashMap<String, Message>());
    }

    void browse(Map<String, Object> fields) throws JMSException {
        QueueBrowser browser = session.createBrowser(session.createQueue((String) fields.get("queue")));
        browsed = browser.getEnumeration();
    }

    /** At most `max` messages, the first of them within `within` milliseconds. */
    Map<String, Object> receive(Map<String, Object> fields) throws JMSException {
        List<Object> found = new ArrayList<>();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("messages", found);
        int max = ((Number) fields.get("max")).intValue();
        long until = System.nanoTime() + ((Number) fields.get("within")).longValue() * 1000000L;
        if (browsed != null) {
            for (int n = 0; n < max && browsed.hasMoreElements(); n++) {
                found.add(seen((Message) browsed.nextElement(), ""));
            }
            answer.put("end", !browsed.hasMoreElements());
            return answer;
        }
        int size = 0;
        while (found.size() < max && size < ENOUGH) {
            boolean came = false;
            for (Map.Entry<String, MessageConsumer> each : consumers.entrySet()) {
                long left = (until - System.nanoTime()) / 1000000L;
                long wait = consumers.size() == 1 ? left : Math.min(left, SLICE);
                boolean patient = found.isEmpty() && wait > 0;
                Message message = patient ? each.getValue().receive(wait) : each.getValue().receiveNoWait();
                if (message != null) {
                    came = true;
                    unacknowledged.get(each.getKey()).put(message.getJMSMessageID(), message);
                    Map<String, Object> shown = seen(message, each.getKey());
                    size += ((String) shown.get("body")).length();
                    found.add(shown);
                }
            }
            if (!came && (!found.isEmpty() || System.nanoTime() >= until)) {
                break;
            }
        }
        return answer;
    }

    /**
     * One message, or all of its subscription up to it. Each by itself: JMS's own CLIENT_ACKNOWLEDGE would take in
     * what is on its way to whoever asked. All but the last without waiting; the last one's answer stands for all.
     */
    void acknowledge(Map<String, Object> fields) throws JMSException {
        Map<String, Message> waiting = unacknowledged.get((String) fields.get("queue"));
        String last = (String) fields.get("id");
        if (waiting == null || !waiting.containsKey(last)) {
            throw new JMSException("no message " + last + " waits to be acknowledged");
        }
        boolean all = (Boolean) fields.get("upto");
        for (Iterator<Map.Entry<String, Message>> each = waiting.entrySet().iterator(); each.hasNext();) {
            Map.Entry<String, Message> entry = each.next();
            boolean end = entry.getKey().equals(last);
            if (all || end) {
                connection.setSendAcksAsync(!end);
                entry.getValue().acknowledge();
                each.remove();
            }
            if (end) {
                return;
            }
        }
    }

    void close() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (JMSException leaving) {
            System.err.println("leaving: " + Outcome.said(leaving)); // what is not acknowledged goes back either way
        }
        turn.shutdown();
    }

    /** From another thread: whoever is inside a call comes out of it. */
    void cut() {
        turn.shutdown();
        try {
            if (connection != null) {
                connection.getTransport().stop();
            }
        } catch (Exception gone) {
            System.err.println("cutting: " + Outcome.said(gone));
        }
    }

    private static Map<String, Object> seen(Message message, String queue) throws JMSException {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("id", message.getJMSMessageID());
        out.put("queue", queue);
        out.put("persistent", message.getJMSDeliveryMode() == DeliveryMode.PERSISTENT);
        out.put("body", body(message));
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
            String name = (String) names.nextElement();
            properties.put(name, String.valueOf(message.getObjectProperty(name)));
        }
        out.put("properties", properties);
        return out;
    }

    private static String body(Message message) throws JMSException {
        if (message instanceof TextMessage) {
            String text = ((TextMessage) message).getText();
            return text == null ? "" : text;
        }
        if (message instanceof BytesMessage) {
            byte[] bytes = new byte[(int) ((BytesMessage) message).getBodyLength()];
            ((BytesMessage) message).readBytes(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return "";
    }
}
