package amqctl;

import javax.jms.InvalidDestinationException;
import javax.jms.JMSSecurityException;
import javax.jms.ResourceAllocationException;

import org.apache.activemq.ConnectionClosedException;
import org.apache.activemq.ConnectionFailedException;

/** What an exception says of the send that ended with it. */
final class Outcome {
    private Outcome() {
    }

    /**
     * fail: surely not stored. The client itself raises the first two before it writes; with the others the broker
     * declines before it touches its store (security, names, limits). info: all else, there is no telling.
     */
    static String of(Throwable thrown) {
        if (thrown instanceof ConnectionClosedException || thrown instanceof ConnectionFailedException) {
            return "fail";
        }
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof SecurityException || each instanceof JMSSecurityException
                || each instanceof InvalidDestinationException || each instanceof ResourceAllocationException) {
                return "fail";
            }
        }
        return "info";
    }

    static String said(Throwable thrown) {
        String message = thrown.getMessage();
        return thrown.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
