using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests;

/// <summary>A row that a run cannot use.</summary>
/// <param name="Hash">Of its content, as a manifest's quarantine file has it; null where the format does not say.</param>
/// <param name="Origin">Where it stands: <c>file:line</c>.</param>
/// <param name="Reason">What is wrong, with the file that it is wrong in.</param>
public sealed record BadSample(string? Hash, string Origin, string Reason);

/// <summary>
/// What a run does with rows and media that it cannot use: they are set aside, each once and said, up to a share of the rows; the row beyond ends the run. The order of the others does not change.
/// Thread-safe.
/// </summary>
/// <param name="maxFraction">The share.</param>
/// <param name="known">Those that were set aside before, by the run that goes on.</param>
/// <param name="note">Told of each new one.</param>
public sealed class BadSamples(double maxFraction, IEnumerable<BadSample> known, Action<BadSample> note)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, BadSample> all = known.GroupBy(bad => bad.Origin, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return all.Count;
        }
    }

    /// <summary>Whether so many of so many rows are tolerated.</summary>
    public bool Tolerates(long bad, long rows) => bad <= Math.Floor(maxFraction * rows);

    /// <summary>Sets one aside.</summary>
    /// <param name="sample">The row.</param>
    /// <param name="rows">Rows of the data set.</param>
    /// <param name="fault">Why it cannot be used.</param>
    /// <exception cref="DataException">It is one too many.</exception>
    public void SetAside(BadSample sample, long rows, DataException fault)
    {
        lock (gate)
        {
            if (all.ContainsKey(sample.Origin)) return;
            if (!Tolerates(all.Count + 1, rows))
            {
                throw all.Count == 0
                    ? fault
                    : new DataException($"{fault.Message}\n  It is bad sample {all.Count + 1:N0} of {rows:N0}: more than data.max_bad_fraction ({maxFraction}) allows.", inner: fault);
            }

            all.Add(sample.Origin, sample);
            note(sample);
        }
    }
}
