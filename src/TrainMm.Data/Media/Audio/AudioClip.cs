namespace TrainMm.Data.Media.Audio;

/// <summary>One channel of sound.</summary>
/// <param name="SampleRate">Samples a second.</param>
/// <param name="Samples">In [−1, 1] as a rule.</param>
public sealed record AudioClip(int SampleRate, float[] Samples)
{
    /// <summary>How long it lasts.</summary>
    public double Seconds => (double)Samples.Length / SampleRate;

    /// <summary>The same sound at another rate.</summary>
    public AudioClip At(int sampleRate) => sampleRate == SampleRate ? this : new AudioClip(sampleRate, SincResampler.Resample(Samples, SampleRate, sampleRate));
}
