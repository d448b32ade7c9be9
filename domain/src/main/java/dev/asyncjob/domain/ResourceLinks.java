package dev.asyncjob.domain;

import java.util.List;

/**
 * The links of one job, in the order of the response.
 *
 * @param all 1 to {@value #MAX} links
 */
public record ResourceLinks(List<ResourceLink> all) {
    /** Links of one job at most. */
    public static final int MAX = 20;

    /** @throws InvalidValueException if there is none or more than {@link #MAX} */
    public ResourceLinks {
        all = List.copyOf(all);
        Rules.range("number of links", all.size(), 1, MAX);
    }

    /** These links, in this order. */
    public static ResourceLinks of(ResourceLink... links) {
        return new ResourceLinks(List.of(links));
    }
}
