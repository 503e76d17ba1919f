namespace TrainMm.EndToEndTests;

/// <summary>Both stages of the demo on the smoke configuration, run once for all tests that look at what they left.</summary>
public sealed class SmokeRuns : IDisposable
{
    private readonly TempFolder folder = new();

    public SmokeRuns()
    {
        PretrainOutcome = Pretrain(Pretrained);
        SftOutcome = Sft(Tuned);
    }

    /// <summary>Stage 1's run directory.</summary>
    public string Pretrained => Path.Combine(folder.Path, "pretrain");

    /// <summary>Stage 2's run directory.</summary>
    public string Tuned => Path.Combine(folder.Path, "sft");

    /// <summary>What stage 1 printed.</summary>
    public Trainmm.Outcome PretrainOutcome { get; }

    /// <summary>What stage 2 printed.</summary>
    public Trainmm.Outcome SftOutcome { get; }

    /// <summary>The command line of stage 1 in another directory.</summary>
    public static string[] PretrainLine(string directory) => ["pretrain", "--config", "configs/demo/smoke.yaml", "--run-dir", directory];

    /// <summary>The command line of stage 2, upon this stage 1, in another directory.</summary>
    public string[] SftLine(string directory) => ["sft", "--config", "configs/demo/smoke.yaml", "--set", $"initial_run={Pretrained}", "--run-dir", directory];

    /// <summary>Runs stage 1.</summary>
    public static Trainmm.Outcome Pretrain(string directory) => Trainmm.Run(PretrainLine(directory)).With(0);

    /// <summary>Runs stage 2.</summary>
    public Trainmm.Outcome Sft(string directory) => Trainmm.Run(SftLine(directory)).With(0);

    public void Dispose() => folder.Dispose();
}

/// <summary>Makes the runs once.</summary>
[CollectionDefinition(Name)]
public sealed class SmokeCollection : ICollectionFixture<SmokeRuns>
{
    public const string Name = "smoke runs";
}
