package conformance;

/** Prints a line for each check, "ok NAME" or "FAIL NAME: REASON", and remembers whether one failed. */
final class Report {
    private boolean failed;

    interface Check {
        void run() throws Exception;
    }

    void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok " + name);
        } catch (Exception e) {
            failed = true;
            e.printStackTrace();
            System.out.println("FAIL " + name + ": " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
        }
    }

    /** Ends the program with status 1 if a check failed, else 0. */
    void exit() {
        System.exit(failed ? 1 : 0);
    }
}
