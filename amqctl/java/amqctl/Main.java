package amqctl;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * ActiveMQ's own Java client, as amqctl's drills use it. Commands come as lines of JSON, each with a number that its
 * answer carries; operations of a load are told of as they happen. Ends with its input: nobody outlives amqctl.
 *
 * <p>javax.jms is jakarta.jms where the class path has that one; see amqctl/provision/javaclient.py, which compiles this.
 */
public final class Main {
    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);
    private static final Map<String, Link> LINKS = new HashMap<>(); // only the thread that reads commands touches it
    private static final Map<String, Load> LOADS = new HashMap<>();
    private static Admission admission;

    private Main() {
    }

    public static void main(String[] args) throws IOException {
        System.setOut(System.err); // the real one has lines of ours and nothing else
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
            System.err.println(thread.getName() + " ended: " + thrown);
            Runtime.getRuntime().halt(2); // a producer that is missing must not go unnoticed
        });
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> fields = Json.object(line);
            String todo = (String) fields.get("do");
            if (todo.equals("quit")) {
                break;
            }
            Object number = fields.get("n");
            try {
                begin(todo, number, fields);
            } catch (Exception thrown) {
                failed(number, thrown);
            }
        }
        Runtime.getRuntime().halt(0); // close() waits for brokers that may be gone
    }

    /** One line at once: two threads never mix theirs, and it has left this process when the call returns. */
    static synchronized void tell(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            Runtime.getRuntime().halt(1); // nobody reads: what happens from now on would be in no ledger
        }
    }

    static Thread daemon(Runnable work) {
        Thread made = new Thread(work);
        made.setDaemon(true);
        return made;
    }

    private interface Work {
        Map<String, Object> perform() throws Exception;
    }

    private static void begin(String todo, Object number, Map<String, Object> fields) throws Exception {
        switch (todo) {
            case "login":
                admission = new Admission(fields);
                done(number, null);
                break;
            case "clock":
                done(number, clock());
                break;
            case "connect":
                connect(number, fields);
                break;
            case "cut":
                Link lost = LINKS.remove((String) fields.get("c"));
                if (lost != null) {
                    daemon(lost::cut).start();
                }
                done(number, null);
                break;
            case "produce":
                Load load = new Load(admission, fields);
                LOADS.put((String) fields.get("load"), load);
                load.start();
                done(number, null);
                break;
            case "pace":
                LOADS.get((String) fields.get("load")).pace(((Number) fields.get("rate")).doubleValue());
                done(number, null);
                break;
            case "stop":
                Load ending = LOADS.remove((String) fields.get("load"));
                long within = ((Number) fields.get("within")).longValue();
                daemon(() -> answer(number, () -> one("left", ending.stop(within)))).start();
                break;
            default:
                onLink(todo, number, fields);
        }
    }

    private static void connect(Object number, Map<String, Object> fields) {
        Link link = new Link(admission, (String) fields.get("url"));
        LINKS.put((String) fields.get("c"), link);
        link.when(() -> answer(number, () -> {
            link.open();
            return null;
        }));
    }

    private static void onLink(String todo, Object number, Map<String, Object> fields) {
        String name = (String) fields.get("c");
        Link link = LINKS.get(name);
        if (link == null) {
            throw new IllegalArgumentException("no connection " + name + " for " + todo);
        }
        if (todo.equals("close")) {
            LINKS.remove(name);
        }
        link.when(() -> answer(number, () -> perform(link, todo, fields)));
    }

    private static Map<String, Object> perform(Link link, String todo, Map<String, Object> fields) throws Exception {
        switch (todo) {
            case "send":
                link.send(fields);
                return null;
            case "subscribe":
                link.subscribe(fields);
                return null;
            case "browse":
                link.browse(fields);
                return null;
            case "receive":
                return link.receive(fields);
            case "ack":
                link.acknowledge(fields);
                return null;
            case "close":
                link.close();
                return null;
            default:
                throw new IllegalArgumentException("no command " + todo);
        }
    }

    private static void answer(Object number, Work work) {
        try {
            done(number, work.perform());
        } catch (Exception thrown) {
            failed(number, thrown);
        }
    }

    private static Map<String, Object> clock() {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("mono", System.nanoTime());
        found.put("wall", System.currentTimeMillis());
        return found;
    }

    private static Map<String, Object> one(String key, Object value) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put(key, value);
        return found;
    }

    private static void done(Object number, Map<String, Object> found) {
        Map<String, Object> line = one("re", number);
        if (found != null) {
            line.putAll(found);
        }
        tell(Json.text(line));
    }

    private static void failed(Object number, Exception thrown) {
        Map<String, Object> line = one("re", number);
        line.put("failed", Outcome.of(thrown));
        line.put("because", Outcome.said(thrown));
        tell(Json.text(line));
    }
}
