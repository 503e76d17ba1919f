using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests.Rows;

namespace TrainMm.Data.Manifests;

/// <summary>The one pass over a manifest's rows: keeps the places of those that are wanted, and gathers what is wrong so that it can be said at once.</summary>
/// <param name="set">The manifest.</param>
/// <param name="tolerated">Takes the rows that cannot be used, as far as it tolerates them; null: there may be none.</param>
internal sealed class ManifestScan(OpenManifest set, BadSamples? tolerated)
{
    private const int Named = 10;
    private readonly List<string> faults = [];
    private readonly List<string> missing = [];
    private readonly List<(RowPlace Place, DataException Fault)> bad = [];
    private readonly Dictionary<string, bool> known = new(StringComparer.Ordinal);
    private int faultCount;
    private int missingCount;

    /// <summary>Rows that the quarantine file left out.</summary>
    internal int Quarantined { get; private set; }

    /// <summary>The places of the rows that were set aside; empty where there were none.</summary>
    internal string LeftOut => string.Concat(bad.Select(row => $"\n{row.Place.Position}"));

    /// <summary>Scans the rows and returns the places of those that are wanted, and their media's names.</summary>
    /// <exception cref="DataException">Rows cannot be used, media are missing, or no row is left.</exception>
    internal RowIndex Run()
    {
        var places = new List<RowPlace>();
        var total = 0;
        foreach (var row in set.Rows.Scan())
        {
            total++;
            if (set.IsQuarantined(row.Place))
            {
                Quarantined++;
                continue;
            }

            if (row.Fault is { } fault)
            {
                Add(faults, ref faultCount, fault.Message);
                bad.Add((row.Place, fault));
            }

            if (row.Sample is not { } sample || !set.Wants(sample)) continue;
            if (MissingMediumOf(sample) is { } missed) bad.Add((row.Place, missed));
            else places.Add(row.Place);
        }

        if (bad.Count > 0) SetAside(total, places.Count);
        if (total == 0) throw new DataException("The file has no rows.", set.Rows.Location);
        if (places.Count == 0) throw new DataException($"None of the {total:N0} rows has {string.Join(" and ", set.Manifest.Where.Select(pair => $"{pair.Key} = {pair.Value}"))}.", set.Rows.Location);
        return new RowIndex([.. places], known.Keys);
    }

    private static void Add(List<string> list, ref int count, string message)
    {
        if (count++ < Named) list.Add(message);
    }

    /// <summary>Sets the rows aside that cannot be used.</summary>
    /// <exception cref="DataException">They are too many, or all.</exception>
    private void SetAside(int total, int left)
    {
        if (tolerated is null || left == 0 || !tolerated.Tolerates(bad.Count, total)) throw new DataException(Report());
        foreach (var (place, fault) in bad) tolerated.SetAside(new BadSample(set.Rows.HashRow(place), fault.Origin ?? $"{set.Rows.Location}:{place.Line}", fault.Message), total, fault);
    }

    /// <summary>What a sample lacks; media are named once where they are counted, and in every row where rows are set aside.</summary>
    private DataException? MissingMediumOf(Sample sample)
    {
        DataException? fault = null;
        foreach (var medium in sample.Media.Concat(sample.Targets))
        {
            if (!known.TryGetValue(medium.Path, out var there))
            {
                known[medium.Path] = there = set.HasMedium(medium.Path);
                if (!there) Add(missing, ref missingCount, $"{sample.Origin}: '{medium.Path}'");
            }

            if (!there) fault ??= new DataException($"The medium '{medium.Path}' is not in {set.Media?.Location ?? "the data set"}.", sample.Origin);
        }

        return fault;
    }

    private string Report()
    {
        if (faultCount == 1 && missingCount == 0) return faults[0];
        var text = new StringBuilder();
        if (faultCount > 0) Append(text, $"{set.Rows.Location}: {faultCount:N0} row{(faultCount == 1 ? "" : "s")} cannot be used", faults, faultCount);
        var where = set.Media is null ? "and the manifest names no media" : $"that {set.Media.Location} does not have";
        if (missingCount > 0) Append(text, $"{set.Rows.Location}: the rows name {missingCount:N0} {(missingCount == 1 ? "medium" : "media")} {where}", missing, missingCount);
        return text.ToString().TrimEnd();
    }

    private static void Append(StringBuilder text, string head, List<string> list, int count)
    {
        text.Append(head).Append(count > Named ? $"; the first {Named}:" : ":").Append('\n');
        foreach (var line in list) text.Append("  ").Append(line).Append('\n');
    }
}
